using OsoSnapshotAgent.EndToEnd.Processes;

namespace OsoSnapshotAgent.EndToEnd.Hostile;

/// <summary>Makes and lists the files with the agent's names in a data directory, as root.</summary>
internal static class Volume
{
    /// <summary>
    /// Makes an earlier snapshot with a block, its archive and the checksum. The directory's owner owns all of them.
    /// </summary>
    public static Task PlantArtefactsAsync(string directory) => RootShell.RunAsync(
        """
        block=snapshots/20240101T000000Z-0123456789abcdef/01HK1Q2R3S4T5V6W7X8Y9ZABCD
        cd $0
        mkdir -p $block/chunks
        touch $block/{index,meta.json,chunks/000001}
        echo archive >snapshots.tgz
        echo sum >snapshots.tgz.sha256
        chown -R --reference=. snapshots snapshots.tgz*
        """,
        directory);

    /// <summary>
    /// Lists all artefacts except the log, which each run writes: a line for each, with its type and a file's size.
    /// </summary>
    public static Task<string> ArtefactsAsync(string directory) => RootShell.RunAsync(
        """
        cd $0
        shopt -s nullglob
        names=(snapshots*)
        ((${#names[@]} == 0)) ||
          find "${names[@]}" -not -name snapshots.log \( -type f -printf '%p %y %s\n' -o -printf '%p %y %l\n' \) | sort
        """,
        directory);
}
