#!/usr/bin/env python3
"""Changes the code that guards deletion, archive naming and verification, one place at a time, and prints the changes
that no unit test detects.

Usage: mutants.py [--every N] [--list] [FILE…]
  --every N  tries each N-th change of each file; 1 tries all, which takes hours
  --list     prints the changes and tries none
  FILE       such as Volume/Artefacts.cs; without it, all files of GUARDS are changed

The changes are those of OPERATORS, in the order of the source, and those that mutants.txt adds. Changes that
mutants.txt calls equivalent are not tried. The work is done in a copy of the checkout. A test that hangs counts as a
failed one.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The projects with rooms, and the file to which each is compiled.
PROJECTS = {"src/OsoSnapshotCore": "OsoSnapshotCore.dll", "src/OsoSnapshotAgent": "oso-snapshot.dll"}
TESTS = "tests/OsoSnapshotAgent.Tests"
TABLE = ROOT / "tests/mutants.txt"

# The guarding code, and the test classes that test it.
GUARDS = {
    "Archives/BlockDirectoryCheck.cs": "ArchiveCheck",
    "Files/PartialFile.cs": "PartialFile SnapshotArchiving PlantedLink",
    "Volume/SnapshotTree.cs": "SnapshotTree PlantedLink OddFile",
    "Files/Linux/LinuxDirectory.cs": "DirectoryHandle DirectoryTree FileLock FileStatus",
    "Files/Linux/DirectoryNames.cs": "DirectoryHandle DirectoryTree",
    "Files/DirectoryTree.cs": "DirectoryTree Artefacts SnapshotTree",
    "Files/Linux/FileName.cs": "FileName DirectoryHandle",
    "Files/RegularFile.cs": "RegularFile ContainerRoot",
    "Runs/ArchivePublication.cs": "SnapshotArchiving PlantedLink",
    "Runs/RemoveRun.cs": "RemoveRun OddFile",
    "Runs/BlockPlacement.cs": "BlockPlacement",
    "Runs/RestorePlan.cs": "RestorePlan",
    "Volume/RestoreScratch.cs": "RestoreScratch",
    "Runs/EarlierArtefacts.cs": "EarlierArtefacts RemoveRun OddFile",
    "Runs/HeldRemoval.cs": "HeldRemoval ControlServer",
    "Runs/HoldState.cs": "HoldState",
    "Runs/RunOpener.cs": "RunOpener",
    "Volume/RunLock.cs": "RunOpener SnapshotCapture",
    "Runs/SnapshotCapture.cs": "SnapshotCapture PlantedLink",
    "Server/StorageProof.cs": "StorageProof",
    "Runs/UndoStack.cs": "RunExecutor SnapshotArchiving",
    "Archives/Tar/ExtendedHeader.cs": "TarReader TarRefusal",
    "Archives/Tar/HeaderBlock.cs": "TarReader TarRefusal",
    "Archives/Tar/TarReader.cs": "TarReader TarRefusal",
    "Volume/ArtefactGuard.cs": "Artefacts OddFile RemoveRun",
    "Volume/Artefacts.cs": "Artefacts ControlServer DataDirectory RemoveRun",
    "Server/ContainerRoot.cs": "ContainerRoot TargetData",
    "Volume/DataDirectory.cs": "DataDirectory OutOfOrderSamples Artefacts RemoveRun TargetData",
    "Server/ServerProcesses.cs": "TargetFinder",
    "Server/TargetFinder.cs": "TargetFinder TargetData TargetAccess",
    "Blocks/BlockAudit.cs": "BlockAudit ArchiveCheck",
    "Blocks/BlockComparison.cs": "BlockJudge BlockAudit",
    "Blocks/BlockJudge.cs": "BlockJudge BlockAudit",
    "Blocks/ChunkSegmentCheck.cs": "BlockFileCheck BlockJudge",
    "Blocks/IndexCheck.cs": "IndexCheck BlockFileCheck",
    "Blocks/ReferenceLedger.cs": "BlockJudge",
    "Blocks/ReferenceReader.cs": "BlockJudge",
    "Blocks/Index/PostingsSection.cs": "IndexCheck",
    "Blocks/Index/PostingsTableSection.cs": "IndexCheck",
    "Blocks/Index/SeriesSection.cs": "IndexCheck",
    "Blocks/Index/SymbolSection.cs": "IndexCheck",
    "Archives/ArchiveCheck.cs": "ArchiveCheck OddFile PlantedLink",
    "Archives/ArchiveReader.cs": "ArchiveReader ArchiveVerifier ArchiveCheck",
    "Archives/ArchiveVerifier.cs": "ArchiveVerifier ArchiveCheck SnapshotArchiving",
    "Archives/EntryComparison.cs": "ArchiveVerifier ArchiveCheck SnapshotArchiving",
    "Archives/ChecksumFile.cs": "ArchiveCheck SnapshotArchiving PlantedLink",
}

# Each pattern is searched in a line whose string literals are blanked out, and is followed by its replacements.
# \\1 is the first group, "+1" the next number.
OPERATORS = [
    (r"(?<=\bif )\((.*)\)$", r"(false && (\1))", r"(true || (\1))"),
    (r"(?<=\bwhen )\((.*)\)$", r"(false && (\1))"),
    (r" && ", " || "),
    (r" \|\| ", " && "),
    (r" < ", " <= "),
    (r" <= ", " < "),
    (r" > ", " >= "),
    (r" >= ", " > "),
    (r"(?<!\x01) \+ (?![$\x01])", " - "),
    (r" - ", " + "),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"(?<![<>] )(?<![<>]= )\b\d+\b", "+1"),
    (r" \| [\w.]+", ""),
    (r"(?<=[\w)])\.(Where|Take|Order|Reverse|TrimEnd)\([^()]*(\([^()]*\)[^()]*)*\)", ""),
    (r"(?<== )(\x01\x00+)\x01(?=;)", r'\1x"'),
    # The statement is only a call. Statements that print or return guard nothing.
    (r"^ *(await )?(?=\w)(?!return|throw|yield|using|transcript|listing)[\w.?!]+(?<!Dispose)\(.*\);$", ";"),
    (r"^ *throw [^?]*;$", ";"),
]

# In a condition of one part these have the same effect as a condition that never or always holds.
NEGATIONS = [
    (r" == ", " != "),
    (r" != ", " == "),
    (r" is null\b", " is not null"),
    (r" is not null\b", " is null"),
    (r"(?<=[ (])!(?=[\w(])", ""),
]

Mutant = collections.namedtuple("Mutant", "file line old new")


def project_of(file):
    return next(project for project in PROJECTS if (ROOT / project / file).exists())


def describe(mutant):
    return f"{project_of(mutant.file)}/{mutant.file}:{mutant.line}\n  - {mutant.old}\n  + {mutant.new}"


def blank(line):
    """Returns the line without its comment, and with its string literals blanked out, letter by letter."""
    line = re.sub(r'"(?:[^"\\]|\\.)*"', lambda text: "\x01" + re.sub("[^ ]", "\x00", text[0][1:-1]) + "\x01", line)
    line = re.sub(r"'(?:[^'\\]|\\.)+'", lambda letter: "\x00" * len(letter[0]), line)
    return re.sub(r" *//.*", "", line)


def generated(file, lines):
    for number, line in enumerate(lines, 1):
        code = blank(line)
        # The size of a buffer does not change what is read.
        if re.search(r"BufferBytes =|EntriesBytes =|bufferSize: 0", code):
            continue
        for pattern, *replacements in OPERATORS + ([] if re.match(r" *if \((?!.*(&&|\|\|))", code) else NEGATIONS):
            for found in re.finditer(pattern, code):
                for replacement in replacements:
                    if replacement == "+1":
                        replacement = str(int(found[0]) + 1)
                    elif "\\1" in replacement:
                        replacement = replacement.replace("\\1", line[found.start(1):found.end(1)])
                    changed = line[:found.start()] + replacement + line[found.end():]
                    yield Mutant(file, number, line.strip(), changed.strip())


def read_table(sources):
    """Returns the added mutants, and the set of the equivalent ones. A line that no source has is an error."""
    added, equivalent = [], set()
    for entry in re.findall(r"(?m)^[^#\n].*(?:\n.+)*", TABLE.read_text()):
        file, old, new, *reason = [*entry.split("\n"), "", ""][:max(3, entry.count("\n") + 1)]
        numbers = [number for number, line in enumerate(sources[file], 1) if line.strip() == old[2:]] if file in sources else []
        if not numbers or old[:2] != "- " or new[:2] != "+ " or any(line[:2] != "= " for line in reason):
            sys.exit(f"{TABLE.name}: there is no such line in the source, or the entry is malformed:\n{entry}")
        if reason:
            equivalent.add((file, old[2:], new[2:]))
        else:
            added += [Mutant(file, number, old[2:], new[2:]) for number in numbers]
    return added, equivalent


def chosen(sources, files, every):
    added, equivalent = read_table(sources)
    everything = {file: list(dict.fromkeys(generated(file, lines))) for file, lines in sources.items()}
    stale = equivalent - {(m.file, m.old, m.new) for mutants in [added, *everything.values()] for m in mutants}
    if stale:
        sys.exit(f"{TABLE.name}: no operator makes this change any more: {stale}")
    for file in files:
        mutants = [m for m in everything[file] if (m.file, m.old, m.new) not in equivalent]
        yield from mutants[every // 2::every]
        yield from (m for m in added if m.file == file)


class Copy:
    """A copy of the checkout. It compiles the agent for each mutant, and the tests only once."""

    PROPERTIES = ["-p:Configuration=Release", "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false",
                  "-p:TreatWarningsAsErrors=false", "-p:MSBuildTreatWarningsAsErrors=false", "-p:GenerateDocumentationFile=false"]

    def __init__(self, path):
        self.path = path
        self.timeout_seconds = 600
        # Some tests enter the copy as another user.
        os.chmod(path, 0o755)
        # A mutant may delete files that it should not. If namespaces are allowed, it can only write to the copy.
        self.cage = ["unshare", "--mount", "sh", "-c", f'mount --bind {path} {path} && mount -o remount,bind,ro / && exec "$@"', "sh"]
        if os.geteuid() != 0 or subprocess.run([*self.cage, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            self.cage = []
        shutil.copytree(ROOT, path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("bin", "obj", "dist", ".git", "TestResults"))
        self.run("dotnet", "build", TESTS, "-nologo", "-v:quiet", *self.PROPERTIES)
        self.output = next(pathlib.Path(path, TESTS, "bin/Release").glob("*/oso-snapshot.dll")).parent
        self.compilers = {project: self.compiler(project, name) for project, name in PROJECTS.items()}

    def compiler(self, project, name):
        """Returns the compiler's command as MSBuild would run it. Without MSBuild, it takes a fraction of the time."""
        told = json.loads(self.run(
            "dotnet", "msbuild", project, "-nologo", *self.PROPERTIES, f"-p:TargetFramework={self.output.name}", "-t:Clean", "-t:Compile",
            "-p:BuildProjectReferences=false", "-p:ProvideCommandLineArgs=true", "-p:SkipCompilerExecution=true",
            "-getItem:CscCommandLineArgs", "-getProperty:RoslynTargetsPath"))
        arguments = [item["Identity"] for item in told["Items"]["CscCommandLineArgs"]]
        # The library that the command names in obj was cleaned away. The tests' directory has the same file.
        arguments = [re.sub(r"^/reference:.*/(OsoSnapshotCore\.dll)$", rf"/reference:{self.output}/\1", each) for each in arguments
                     if not each.startswith(("/out:", "/refout:", "/noconfig"))]
        response = pathlib.Path(self.path, name + ".arguments")
        response.write_text("\n".join(arguments) + f"\n/out:{self.output}/{name}")
        return ["dotnet", told["Properties"]["RoslynTargetsPath"] + "/bincore/csc.dll", "-nologo", "-noconfig", "-shared", f"@{response}"]

    def run(self, *command):
        done = subprocess.run(command, cwd=self.path, text=True, stdout=subprocess.PIPE)
        return done.stdout if done.returncode == 0 else sys.exit(f"{' '.join(command)} failed:\n{done.stdout}")

    def compiles(self, project):
        return subprocess.run(self.compilers[project], cwd=f"{self.path}/{project}", stdout=subprocess.DEVNULL).returncode == 0

    def failing_test(self, classes):
        """Returns the name of a failed test, "a test that hangs", or None."""
        command = [str(self.output / "OsoSnapshotAgent.Tests"), "-noLogo", "-noColor", "-stopOnFail"]
        for name in classes.split():
            command += ["-class", f"*.{name}Tests"]
        try:
            done = subprocess.run([*self.cage, *command], cwd=self.path, env={**os.environ, "TMPDIR": self.path}, text=True, timeout=self.timeout_seconds,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired:
            return "a test that hangs"
        failed = re.search(r"OsoSnapshotAgent\.Tests\.(.*) \[FAIL\]", done.stdout)
        return None if done.returncode == 0 else failed[1] if failed else done.stdout[-2000:]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("files", nargs="*", default=sorted(GUARDS))
    options = parser.parse_args()
    sources = {file: (ROOT / project_of(file) / file).read_text().split("\n") for file in GUARDS}
    mutants = list(chosen(sources, options.files, options.every))
    if options.list:
        print(*map(describe, mutants), f"{len(mutants)} mutants", sep="\n")
        return 0

    base = "/dev/shm" if shutil.disk_usage("/dev/shm").free > 1 << 30 else None
    with tempfile.TemporaryDirectory(prefix="oso-mutants-", dir=base) as path:
        copy = Copy(path)
        started = time.monotonic()
        failed = copy.failing_test(" ".join(GUARDS[file] for file in options.files)) if all(map(copy.compiles, PROJECTS)) else "compiling"
        if failed:
            sys.exit(f"Without a mutant this fails: {failed}")
        copy.timeout_seconds = 30 + 3 * (time.monotonic() - started)
        killed, survivors = 0, []
        for mutant in mutants:
            started = time.monotonic()
            source = pathlib.Path(path, project_of(mutant.file), mutant.file)
            lines = list(sources[mutant.file])
            lines[mutant.line - 1] = mutant.new
            source.write_text("\n".join(lines))
            # A change that does not compile is not a mutant.
            failed = copy.failing_test(GUARDS[mutant.file]) if (compiles := copy.compiles(project_of(mutant.file))) else None
            source.write_text("\n".join(sources[mutant.file]))
            sound = mutants[mutants.index(mutant) + 1:][:1]
            if sound and project_of(sound[0].file) != project_of(mutant.file):
                copy.compiles(project_of(mutant.file))
            if compiles and failed:
                killed += 1
            elif compiles:
                survivors.append(describe(mutant))
            verdict = "does not compile" if not compiles else f"killed by {failed}" if failed else "SURVIVED"
            print(f"{describe(mutant)}\n  {verdict}, {time.monotonic() - started:.0f} s", flush=True)
    print(*["", *survivors], f"{killed + len(survivors)} mutants: {killed} killed", sep="\n")
    return 1 if survivors or not killed else 0


if __name__ == "__main__":
    sys.exit(main())
