namespace OsoSnapshotAgent.Settings;

/// <summary>The variables that <c>--help</c> lists, in the style of a man page's ENVIRONMENT.</summary>
internal static class SettingsHelp
{
    /// <summary>In the order of <see cref="SettingsReader"/>, with a newline at the end.</summary>
    public const string Text = """
        Environment:
          OSO_PROMETHEUS_SERVICE_NAME=HOST[:PORT]
              The Prometheus service. Default: the local Prometheus, by its own flags.
          CLUSTER_NAME_PREFIX=PREFIX
              First segment of the URL's path: http://HOST/PREFIX/prometheus/.
          REMOVE=yes|no
              yes: remove the snapshots, the archive and the log instead of making them.
          OSO_SNAPSHOT_URL=URL
              Base URL of Prometheus with its prefix. The agent then tries no other URL.
          OSO_SNAPSHOT_DATA_DIR=PATH
              Data directory as the agent sees it.
              Default: that of the Prometheus process, else /proc/1/root/data.
          OSO_SNAPSHOT_ARCHIVE=yes|no
              no: make the snapshot and hold it for "blocks" and "export --block", without an archive.
          OSO_SNAPSHOT_HOLD=DURATION|0|forever
              Maximum time to wait for the copy: 90s, 30m, 12h.
              Default: 24h with a terminal, where Enter ends the wait, else 0.
          OSO_SNAPSHOT_SKIP_HEAD=yes|no
              yes: leave out the in-memory head, the last two to three hours.
          OSO_SNAPSHOT_SINCE=DURATION|TIME
              Archive only blocks that reach beyond this: 24h back from now, or 2025-08-20T16:00:00Z.
          OSO_SNAPSHOT_UNTIL=DURATION|TIME
              Archive only blocks that begin before this.
          OSO_SNAPSHOT_RESERVE=SIZE|PERCENT
              Free space on the volume that is never touched. Default: the larger of 512MiB and 5%.
          OSO_SNAPSHOT_WORKERS=1-256
              Compression workers. Default: half of the CPUs that the cgroup allows.
          OSO_SNAPSHOT_LEVEL=1-9
              Compression level. Default: 2 with ISA-L, 3 without.
          OSO_SNAPSHOT_RATE_LIMIT=SIZE
              Bytes of archive written per second at most, such as 50MiB. Default: no limit.
          OSO_SNAPSHOT_PACE=polite|full
              polite: pause while Prometheus waits for a CPU. full: never pause. Default: polite.
          OSO_SNAPSHOT_TIMEOUT=DURATION
              How long the snapshot request may take. Default: 1h.
          OSO_SNAPSHOT_CA_FILE=PATH
              PEM file of the authority that signed Prometheus' certificate.
              It and the four files below may lie in Prometheus' container.
          OSO_SNAPSHOT_CERT_FILE=PATH
              PEM file of the client certificate, if Prometheus demands one. Needs OSO_SNAPSHOT_KEY_FILE.
          OSO_SNAPSHOT_KEY_FILE=PATH
              PEM file of that certificate's key, without a passphrase.
          OSO_SNAPSHOT_USERNAME=NAME
              Basic authentication, with OSO_SNAPSHOT_PASSWORD_FILE.
          OSO_SNAPSHOT_PASSWORD_FILE=PATH
              The password, as the file's one line.
          OSO_SNAPSHOT_BEARER_TOKEN_FILE=PATH
              Bearer authentication: the token, as the file's one line.
          OSO_SNAPSHOT_INSECURE=yes|no
              yes: trust any certificate.
          OSO_SNAPSHOT_CLIENT=CONTAINER
              Set by the client that started this container and copies the archive: the container's name.
          OSO_SNAPSHOT_START_BEFORE=TIME
              Set by the client: a run that starts later touches nothing and ends with status 2.
          OSO_SNAPSHOT_ASCII=yes|no
              yes: draw with ASCII alone. Default: yes if the locale is not UTF-8.

        """;
}
