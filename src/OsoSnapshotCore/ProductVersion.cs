using System.Reflection;

namespace OsoSnapshotCore;

/// <summary>The version of this program, as Directory.Build.props states it.</summary>
internal static class ProductVersion
{
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion.Split('+')[0] ?? "unknown";
}
