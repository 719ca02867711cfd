//! Requests that must not leave, with the first thing that is wrong with each. The policy is the usual one: gateway,
//! media store and Feishu at their own hosts. A URL that isn't one at all counts as [`Url`].

use http::{Method, Uri};

use super::GATEWAY;
use crate::http::RefusalReason::{self, Host, Method as Verb, Path, Port, Query, Scheme, Url};
use crate::http::{BaseUrl, Policy};

const REFUSED: [(&str, &str, RefusalReason); 254] = [
    // Schemes: only https, and nothing that isn't HTTP.
    ("GET", "http://seedance.nexu.io/api/v1/tasks", Scheme),
    ("GET", "http://libtv-res.liblib.art/claw/x.mp4", Scheme),
    (
        "POST",
        "http://open.feishu.cn/open-apis/im/v1/messages",
        Scheme,
    ),
    ("GET", "http://seedance.nexu.io:443/api/v1/tasks", Scheme),
    ("GET", "ftp://seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "file:///etc/passwd", Url),
    ("GET", "gopher://seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "ws://seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "wss://seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "data:text/plain,hello", Url),
    ("GET", "javascript:alert(1)", Url),
    ("GET", "httpss://seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "//seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "/api/v1/tasks", Url),
    ("GET", "seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "seedance.nexu.io:443", Url),
    ("GET", "https:seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "https:/seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "https:///seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "https://", Url),
    ("GET", "*", Url),
    ("GET", "", Url),
    // User parts: what stands before the @ is not the host, whatever it looks like.
    ("GET", "https://user@seedance.nexu.io/api/v1/tasks", Url),
    (
        "GET",
        "https://user:password@seedance.nexu.io/api/v1/tasks",
        Url,
    ),
    ("GET", "https://@seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "https://:@seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io@evil.com/api/v1/tasks", Url),
    (
        "GET",
        "https://seedance.nexu.io:443@evil.com/api/v1/tasks",
        Url,
    ),
    ("GET", "https://evil.com@seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "https://a@b@seedance.nexu.io/api/v1/tasks", Url),
    (
        "GET",
        "https://evil.com%40seedance.nexu.io/api/v1/tasks",
        Url,
    ),
    (
        "GET",
        "https://evil.com#@seedance.nexu.io/api/v1/tasks",
        Host,
    ),
    (
        "GET",
        "https://evil.com?@seedance.nexu.io/api/v1/tasks",
        Host,
    ),
    (
        "GET",
        "https://evil.com/@seedance.nexu.io/api/v1/tasks",
        Host,
    ),
    // Hosts that look like a granted one.
    (
        "GET",
        "https://seedance.nexu.io.evil.com/api/v1/tasks",
        Host,
    ),
    ("GET", "https://evil-seedance.nexu.io/api/v1/tasks", Host),
    ("GET", "https://seedance-nexu.io/api/v1/tasks", Host),
    ("GET", "https://a.seedance.nexu.io/api/v1/tasks", Host),
    ("GET", "https://nexu.io/api/v1/tasks", Host),
    ("GET", "https://www.nexu.io/api/v1/tasks", Host),
    ("GET", "https://seedance.nexu.i0/api/v1/tasks", Host),
    ("GET", "https://seedance.nexu.co/api/v1/tasks", Host),
    ("GET", "https://seedance.nexu/api/v1/tasks", Host),
    ("GET", "https://seedancenexu.io/api/v1/tasks", Host),
    ("GET", "https://seedance_nexu.io/api/v1/tasks", Host),
    (
        "GET",
        "https://libtv-res.liblib.art.evil.com/claw/x.mp4",
        Host,
    ),
    ("GET", "https://libtv-res.liblib.tv/claw/x.mp4", Host),
    (
        "POST",
        "https://open.feishu.cn.evil.com/open-apis/im/v1/messages",
        Host,
    ),
    (
        "POST",
        "https://open.larksuite.com/open-apis/im/v1/messages",
        Host,
    ),
    ("POST", "https://im.liblib.tv/openapi/session", Host),
    ("GET", "https://localhost/api/v1/tasks", Host),
    (
        "GET",
        "https://metadata.google.internal/computeMetadata/v1/",
        Host,
    ),
    (
        "GET",
        "https://evil.com/https://seedance.nexu.io/api/v1/tasks",
        Host,
    ),
    (
        "GET",
        "https://evil.com/?https://seedance.nexu.io/api/v1/tasks",
        Host,
    ),
    // Look-alikes in other alphabets, as they are and as they travel.
    ("GET", "https://sееdance.nexu.io/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.іo/api/v1/tasks", Url),
    ("GET", "https://ｓeedance.nexu.io/api/v1/tasks", Url),
    ("GET", "https://seedance。nexu。io/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu．io/api/v1/tasks", Url),
    (
        "GET",
        "https://open.feıshu.cn/open-apis/im/v1/messages",
        Url,
    ),
    ("GET", "https://seedance.nexu.ⓘⓞ/api/v1/tasks", Url),
    ("GET", "https://seed\u{ad}ance.nexu.io/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io\u{202e}/api/v1/tasks", Url),
    ("GET", "https://xn--sedance-p1a.nexu.io/api/v1/tasks", Host),
    ("GET", "https://xn--seedance-.nexu.io/api/v1/tasks", Host),
    ("GET", "https://XN--SEDANCE-P1A.nexu.io/api/v1/tasks", Host),
    // Dots, empty labels, escapes, length.
    ("GET", "https://seedance.nexu.io./api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io../api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io.:443/api/v1/tasks", Url),
    ("GET", "https://.seedance.nexu.io/api/v1/tasks", Host),
    ("GET", "https://seedance..nexu.io/api/v1/tasks", Host),
    ("GET", "https://./api/v1/tasks", Url),
    ("GET", "https://seedance%2enexu%2eio/api/v1/tasks", Url),
    ("GET", "https://%73eedance.nexu.io/api/v1/tasks", Url),
    (
        "GET",
        "https://seedance.nexu.io%00.evil.com/api/v1/tasks",
        Url,
    ),
    (
        "GET",
        "https://seedance.nexu.io%2f.evil.com/api/v1/tasks",
        Url,
    ),
    ("GET", "https://-seedance.nexu.io/api/v1/tasks", Host),
    // Backslashes, white space, control characters.
    ("GET", "https:\\\\seedance.nexu.io\\api\\v1\\tasks", Url),
    (
        "GET",
        "https://seedance.nexu.io\\@evil.com/api/v1/tasks",
        Url,
    ),
    (
        "GET",
        "https://seedance.nexu.io\\.evil.com/api/v1/tasks",
        Url,
    ),
    ("GET", "https://seedance.nexu.io/api\\v1\\tasks", Url),
    ("GET", "https://seedance.nexu.io/api/v1/..\\tasks", Url),
    ("GET", " https://seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io /api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io/api/v1/tasks HTTP/1.1", Url),
    ("GET", "https://seed\tance.nexu.io/api/v1/tasks", Url),
    ("GET", "https://seed\nance.nexu.io/api/v1/tasks", Url),
    (
        "GET",
        "https://seedance.nexu.io/api/v1/tasks\r\nhost: evil.com",
        Url,
    ),
    ("GET", "https://seedance.nexu.io/api/v1/\u{0}tasks", Url),
    ("GET", "https://seedance.nexu.io/api/v1/\u{7f}tasks", Url),
    // Ports.
    ("GET", "https://seedance.nexu.io:80/api/v1/tasks", Port),
    ("GET", "https://seedance.nexu.io:444/api/v1/tasks", Port),
    ("GET", "https://seedance.nexu.io:8443/api/v1/tasks", Port),
    ("GET", "https://seedance.nexu.io:22/api/v1/tasks", Port),
    ("GET", "https://seedance.nexu.io:0/api/v1/tasks", Port),
    ("GET", "https://seedance.nexu.io:65535/api/v1/tasks", Port),
    ("GET", "https://seedance.nexu.io:/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io:0443/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io:+443/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io:-443/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io:443.0/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io:65979/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io:443:443/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io:https/api/v1/tasks", Url),
    ("GET", "https://seedance.nexu.io:４４３/api/v1/tasks", Url),
    // Addresses, in every spelling that some resolver takes.
    ("GET", "https://127.0.0.1/api/v1/tasks", Host),
    ("GET", "https://127.1/api/v1/tasks", Host),
    ("GET", "https://2130706433/api/v1/tasks", Host),
    ("GET", "https://0x7f000001/api/v1/tasks", Host),
    ("GET", "https://0x7f.0.0.1/api/v1/tasks", Host),
    ("GET", "https://0177.0.0.1/api/v1/tasks", Host),
    ("GET", "https://017700000001/api/v1/tasks", Host),
    ("GET", "https://127.0.0.1./api/v1/tasks", Url),
    ("GET", "https://[::1]/api/v1/tasks", Host),
    ("GET", "https://[::ffff:127.0.0.1]/api/v1/tasks", Host),
    ("GET", "https://[0:0:0:0:0:0:0:1]/api/v1/tasks", Host),
    ("GET", "https://[fe80::1%25eth0]/api/v1/tasks", Url),
    ("GET", "https://[fe80::1%eth0]/api/v1/tasks", Url),
    ("GET", "https://::1/api/v1/tasks", Url),
    ("GET", "https://[::1/api/v1/tasks", Url),
    ("GET", "https://::1]/api/v1/tasks", Url),
    ("GET", "https://[seedance.nexu.io]/api/v1/tasks", Url),
    ("GET", "https://[::1]seedance.nexu.io/api/v1/tasks", Url),
    ("GET", "https://127.0.0.1.nip.io/api/v1/tasks", Host),
    // Dot segments, plain and encoded.
    (
        "GET",
        "https://seedance.nexu.io/api/v1/tasks/../key/status",
        Url,
    ),
    ("GET", "https://seedance.nexu.io/api/v1/./tasks", Url),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/..", Url),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/.", Url),
    (
        "GET",
        "https://seedance.nexu.io/api/v1/tasks/%2e%2e/key",
        Url,
    ),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/%2E%2E", Url),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/.%2e", Url),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/%2e.", Url),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/../private/x.mp4",
        Url,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/%2e%2e/private/x.mp4",
        Url,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/%252e%252e/private/x.mp4",
        Url,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/..;/private/x.mp4",
        Url,
    ),
    ("GET", "https://libtv-res.liblib.art/claw/.;a/x.mp4", Url),
    // Encoded separators.
    ("GET", "https://seedance.nexu.io/api/v1/tasks/a%2Fb", Url),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/a%2fb", Url),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/a%252Fb", Url),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/a%5Cb", Url),
    ("GET", "https://seedance.nexu.io/api%2Fv1%2Ftasks", Url),
    ("GET", "https://seedance.nexu.io/%2Fapi/v1/tasks", Url),
    ("GET", "https://libtv-res.liblib.art/claw/%00", Url),
    ("GET", "https://libtv-res.liblib.art/claw%2Fx.mp4", Url),
    // Paths: the whole of it, from the first slash to the last, in these letters.
    ("GET", "https://seedance.nexu.io/", Path),
    ("GET", "https://seedance.nexu.io", Path),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/", Path),
    ("GET", "https://seedance.nexu.io//api/v1/tasks", Path),
    ("GET", "https://seedance.nexu.io/api//v1/tasks", Path),
    ("GET", "https://seedance.nexu.io/API/v1/tasks", Path),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/1/2", Path),
    ("GET", "https://seedance.nexu.io/api/v1/tasksx", Path),
    ("GET", "https://seedance.nexu.io/api/v1/tasks;a=b", Path),
    ("GET", "https://seedance.nexu.io/api/v1/task%73", Path),
    ("GET", "https://seedance.nexu.io/x/api/v1/tasks", Path),
    ("GET", "https://seedance.nexu.io/admin", Path),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session//results",
        Path,
    ),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a/results/b",
        Path,
    ),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a/delete",
        Path,
    ),
    ("GET", "https://libtv-res.liblib.art/", Path),
    ("GET", "https://libtv-res.liblib.art/claw", Path),
    ("GET", "https://libtv-res.liblib.art/claw/", Path),
    ("GET", "https://libtv-res.liblib.art/claw//x.mp4", Path),
    ("GET", "https://libtv-res.liblib.art/clawx/x.mp4", Path),
    ("GET", "https://libtv-res.liblib.art/x/claw/x.mp4", Path),
    ("GET", "https://libtv-res.liblib.art/other/x.mp4", Path),
    ("POST", "https://open.feishu.cn/open-apis/im/v1/chats", Path),
    (
        "GET",
        "https://open.feishu.cn/open-apis/contact/v3/users",
        Path,
    ),
    (
        "POST",
        "https://open.feishu.cn/open-apis/im/v1/messages/a/b/reply",
        Path,
    ),
    (
        "POST",
        "https://open.feishu.cn/open-apis/im/v1/messages/om_1/forward",
        Path,
    ),
    // What stands in the query or behind a # is no path.
    ("GET", "https://seedance.nexu.io?/api/v1/tasks", Path),
    ("GET", "https://seedance.nexu.io/?/api/v1/tasks", Path),
    (
        "GET",
        "https://seedance.nexu.io/admin?x=/api/v1/tasks",
        Path,
    ),
    ("GET", "https://seedance.nexu.io/admin#/api/v1/tasks", Path),
    (
        "GET",
        "https://seedance.nexu.io#.evil.com/api/v1/tasks",
        Path,
    ),
    // Dots in overlong and in other encodings, behind spaces and parameters, and of other alphabets.
    (
        "GET",
        "https://libtv-res.liblib.art/claw/%c0%ae%c0%ae/a",
        Url,
    ),
    ("GET", "https://libtv-res.liblib.art/claw/%C0%AE./a", Url),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/%e0%80%ae%e0%80%ae/a",
        Url,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/%u002e%u002e/a",
        Url,
    ),
    ("GET", "https://libtv-res.liblib.art/claw/..%09/a", Url),
    ("GET", "https://libtv-res.liblib.art/claw/..%20/a", Url),
    ("GET", "https://libtv-res.liblib.art/claw/%20../a", Url),
    ("GET", "https://libtv-res.liblib.art/claw/..%c2%a0/a", Url),
    (
        "GET",
        "https://libtv-res.liblib.art/sd-gen-save-img/..%3b/a",
        Url,
    ),
    ("GET", "https://libtv-res.liblib.art/claw/..%3Bx=1/a", Url),
    ("GET", "https://libtv-res.liblib.art/claw/..;x=1/a", Url),
    ("GET", "https://libtv-res.liblib.art/claw/．．/a", Url),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/%ef%bc%8e%ef%bc%8e/a",
        Url,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/%e3%80%82%e3%80%82/a",
        Url,
    ),
    ("GET", "https://libtv-res.liblib.art/claw/%e2%80%a5/a", Url),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/..%e2%80%8b/a",
        Url,
    ),
    ("GET", "https://libtv-res.liblib.art/claw/a%e2%88%95b", Url),
    ("GET", "https://libtv-res.liblib.art/claw/a%ef%bc%8fb", Url),
    ("GET", "https://libtv-res.liblib.art/claw/a%ef%bc%bcb", Url),
    ("GET", "https://libtv-res.liblib.art/claw/é.png", Url),
    ("GET", "https://libtv-res.liblib.art/claw/a%e2%80%aeb", Url),
    ("GET", "https://libtv-res.liblib.art/claw/a%ff.png", Url),
    ("GET", "https://libtv-res.liblib.art/claw/a%zz.png", Url),
    ("GET", "https://libtv-res.liblib.art/claw/a%2", Url),
    ("GET", "https://libtv-res.liblib.art/claw/100%", Url),
    ("GET", "https://libtv-res.liblib.art/claw/a%ef%bc%85b", Url),
    // Ids.
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a%0d%0ab",
        Path,
    ),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a%2Fb",
        Url,
    ),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a%3Fb",
        Path,
    ),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a%23b",
        Path,
    ),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a%20b",
        Path,
    ),
    ("GET", "https://seedance.nexu.io/libtv/v1/session/a;b", Path),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a.b/results",
        Path,
    ),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/$(id)",
        Path,
    ),
    ("GET", "https://seedance.nexu.io/api/v1/tasks/%61bc", Path),
    (
        "POST",
        "https://open.feishu.cn/open-apis/im/v1/messages/om%5f1/reply",
        Path,
    ),
    // Queries: keys that the route names, once each, with values that end no line.
    (
        "GET",
        "https://libtv-res.liblib.art/claw/x.mp4?_method=DELETE",
        Query,
    ),
    ("GET", "https://libtv-res.liblib.art/claw/x.mp4?acl", Query),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/x.mp4?uploads",
        Query,
    ),
    ("GET", "https://libtv-res.liblib.art/claw/?uploads", Path),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/x.mp4?policy",
        Query,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/x.mp4?uploadId=1&partNumber=2",
        Query,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/x.mp4?X-HTTP-Method-Override=PUT",
        Query,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/x.mp4?v=1&v=2",
        Query,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/x.mp4?v=a%0d%0ab",
        Query,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/x.mp4?v=%zz",
        Query,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/x.mp4?%76=1",
        Query,
    ),
    (
        "GET",
        "https://libtv-res.liblib.art/claw/x.mp4?v=1&&t=2",
        Query,
    ),
    (
        "GET",
        "https://seedance.nexu.io/api/v1/tasks?limit=1",
        Query,
    ),
    ("GET", "https://seedance.nexu.io/api/v1/tasks?", Query),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a?afterSeq=1&_method=DELETE",
        Query,
    ),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a?afterSeq=1&afterSeq=2",
        Query,
    ),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a?AfterSeq=1",
        Query,
    ),
    (
        "GET",
        "https://seedance.nexu.io/libtv/v1/session/a/results?afterSeq=1",
        Query,
    ),
    (
        "POST",
        "https://open.feishu.cn/open-apis/im/v1/messages?receive_id_type=chat_id&receive_id_type=open_id",
        Query,
    ),
    (
        "POST",
        "https://open.feishu.cn/open-apis/im/v1/messages?receive_id_type=chat_id&user_id_type=open_id",
        Query,
    ),
    (
        "POST",
        "https://open.feishu.cn/open-apis/im/v1/messages/om_1/reply?receive_id_type=chat_id",
        Query,
    ),
    (
        "POST",
        "https://open.feishu.cn/open-apis/im/v1/images?x=1",
        Query,
    ),
    (
        "POST",
        "https://seedance.nexu.io/libtv/v1/session?smuggled",
        Query,
    ),
    (
        "POST",
        "https://seedance.nexu.io/libtv/v1/upload?key=1",
        Query,
    ),
    // Methods: those that are listed, in capitals.
    ("POST", "https://seedance.nexu.io/api/v1/tasks", Verb),
    (
        "DELETE",
        "https://seedance.nexu.io/libtv/v1/session/abc",
        Verb,
    ),
    ("PUT", "https://seedance.nexu.io/libtv/v1/session/abc", Verb),
    (
        "PATCH",
        "https://seedance.nexu.io/libtv/v1/session/abc",
        Verb,
    ),
    ("HEAD", "https://seedance.nexu.io/api/v1/tasks", Verb),
    ("OPTIONS", "https://seedance.nexu.io/api/v1/tasks", Verb),
    ("TRACE", "https://seedance.nexu.io/api/v1/tasks", Verb),
    ("CONNECT", "https://seedance.nexu.io/api/v1/tasks", Verb),
    ("get", "https://seedance.nexu.io/api/v1/tasks", Verb),
    ("Get", "https://seedance.nexu.io/api/v1/tasks", Verb),
    ("PROPFIND", "https://seedance.nexu.io/api/v1/tasks", Verb),
    ("GETX", "https://seedance.nexu.io/api/v1/tasks", Verb),
    ("GET", "https://seedance.nexu.io/libtv/v1/upload", Verb),
    ("POST", "https://libtv-res.liblib.art/claw/x.mp4", Verb),
    ("HEAD", "https://libtv-res.liblib.art/claw/x.mp4", Verb),
    (
        "GET",
        "https://open.feishu.cn/open-apis/im/v1/messages",
        Verb,
    ),
    (
        "PATCH",
        "https://open.feishu.cn/open-apis/im/v1/messages",
        Verb,
    ),
    (
        "DELETE",
        "https://open.feishu.cn/open-apis/im/v1/files",
        Verb,
    ),
];

/// The same with the gateway moved: its rule is there and nowhere else.
const REFUSED_WHEN_MOVED: [(&str, &str, &str, RefusalReason); 22] = [
    // To a path on another host: the prefix belongs to the rule.
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/api/v1/tasks",
        Path,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/a/a/api/v1/tasks",
        Path,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/ab/api/v1/tasks",
        Path,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/A/api/v1/tasks",
        Path,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/a/",
        Path,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com/a/../a/api/v1/tasks",
        Url,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "http://gw.example.com/a/api/v1/tasks",
        Scheme,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://gw.example.com:8443/a/api/v1/tasks",
        Port,
    ),
    (
        "https://gw.example.com/a",
        "POST",
        "https://gw.example.com/a/api/v1/tasks",
        Verb,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://x.gw.example.com/a/api/v1/tasks",
        Host,
    ),
    // From where it was: no rule stays behind.
    (
        "https://gw.example.com/a",
        "GET",
        "https://seedance.nexu.io/api/v1/tasks",
        Host,
    ),
    (
        "https://gw.example.com/a",
        "GET",
        "https://seedance.nexu.io/a/api/v1/tasks",
        Host,
    ),
    // To another port of the same host.
    (
        "https://seedance.nexu.io:8443",
        "GET",
        "https://seedance.nexu.io/api/v1/tasks",
        Port,
    ),
    // To loopback: that address, that port, that scheme.
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://127.0.0.1:9001/api/v1/tasks",
        Port,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://127.0.0.1/api/v1/tasks",
        Port,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "https://127.0.0.1:9000/api/v1/tasks",
        Scheme,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://127.0.0.2:9000/api/v1/tasks",
        Host,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://localhost:9000/api/v1/tasks",
        Host,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://[::1]:9000/api/v1/tasks",
        Host,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://127.1:9000/api/v1/tasks",
        Host,
    ),
    (
        "http://127.0.0.1:9000",
        "GET",
        "http://10.0.0.1:9000/api/v1/tasks",
        Host,
    ),
    (
        "http://127.0.0.1:9000",
        "POST",
        "http://127.0.0.1:9000/api/v1/tasks",
        Verb,
    ),
];

/// Why a request is refused; none when it isn't.
pub(super) fn reason(policy: &Policy, method: &str, url: &str) -> Option<RefusalReason> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    match url.parse::<Uri>() {
        Ok(uri) => policy
            .check(&method, &uri)
            .err()
            .map(|refusal| refusal.reason),
        Err(_) => Some(Url),
    }
}

/// The usual rules, with the gateway at `gateway`.
pub(super) fn policy(gateway: &str) -> Policy {
    Policy::nothing()
        .gateway(BaseUrl::parse(gateway).unwrap())
        .media()
        .feishu(BaseUrl::parse("https://open.feishu.cn").unwrap())
}

#[test]
fn no_request_of_the_table_leaves_and_each_is_refused_for_its_own_reason() {
    let policy = policy(GATEWAY);
    let wrong: Vec<String> = REFUSED
        .iter()
        .map(|(method, url, wanted)| (method, url, wanted, reason(&policy, method, url)))
        .filter(|(.., wanted, got)| got.as_ref() != Some(wanted))
        .map(|(method, url, wanted, got)| format!("{method} {url}: {got:?} and not {wanted:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(REFUSED.len() >= 120);
}

#[test]
fn a_moved_rule_is_where_it_was_moved_to_and_no_wider() {
    for (base, method, url, wanted) in REFUSED_WHEN_MOVED {
        let moved = policy(base);
        assert_eq!(reason(&moved, method, url), Some(wanted), "{base}: {url}");
        // So that a row can't be refused because the rule is nowhere.
        let inside = format!("{base}/api/v1/tasks");
        assert_eq!(reason(&moved, "GET", &inside), None, "{inside}");
    }
}

#[test]
fn a_name_that_is_too_long_for_the_dns_is_another_host() {
    let label = "a".repeat(63);
    for url in [
        format!("https://{label}.{label}.{label}.{label}.seedance.nexu.io/api/v1/tasks"),
        format!(
            "https://{}/api/v1/tasks",
            "a.".repeat(4_000) + "seedance.nexu.io"
        ),
    ] {
        assert_eq!(reason(&policy(GATEWAY), "GET", &url), Some(Host));
    }
}
