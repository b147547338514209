using System.Text;
using System.Text.Json.Nodes;

namespace OsoSnapshotAgent.EndToEnd.ApiServer;

/// <summary>Reads a SelfSubjectAccessReview in the form in which kubectl sends it.</summary>
internal static class AccessReviewProtobuf
{
    // The first four bytes are "k8s" and NUL. Then comes a runtime.Unknown, whose field 2 is the object.
    private const int MagicBytes = 4;

    // The fields of k8s.io/api/authorization/v1/generated.proto.
    private const int Spec = 2;
    private const int ResourceAttributes = 1;
    private static readonly string[] Names = ["", "namespace", "verb", "group", "version", "resource", "subresource", "name"];

    public static JsonObject Parse(ReadOnlySpan<byte> body)
    {
        JsonObject attributes = [];
        ReadOnlySpan<byte> rest = Field(Field(Field(body[MagicBytes..], 2), Spec), ResourceAttributes);
        while (!rest.IsEmpty)
        {
            (int number, Range content) = Next(rest);
            if (number < Names.Length)
            {
                attributes[Names[number]] = Encoding.UTF8.GetString(rest[content]);
            }

            rest = rest[content.End..];
        }

        return new JsonObject
        {
            ["kind"] = "SelfSubjectAccessReview",
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["metadata"] = new JsonObject(),
            ["spec"] = new JsonObject { ["resourceAttributes"] = attributes },
        };
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> message, int wanted)
    {
        while (!message.IsEmpty)
        {
            (int number, Range content) = Next(message);
            if (number == wanted)
            {
                return message[content];
            }

            message = message[content.End..];
        }

        return [];
    }

    // All fields here are texts or messages: their number and type, their length, their bytes.
    private static (int Number, Range Content) Next(ReadOnlySpan<byte> message)
    {
        int length = 0;
        int at = 1;
        int shift = 0;
        do
        {
            length |= (message[at] & 0x7F) << shift;
            shift += 7;
        }
        while (message[at++] >= 0x80);
        return (message[0] >> 3, at..(at + length));
    }
}
