//! What stands between here and the services: addresses that aren't public, proxies, roots of trust. What can't be reached for
//! a setting of this machine is told as that.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use fakes::Fake;

use crate::env::{CHAT, TestEnv};

#[test]
fn an_address_that_is_refused_is_told_as_a_matter_of_this_machine_and_never_as_one_of_time() {
    for (url, words) in [
        ("https://198.18.0.7", "fake-ip"),
        ("https://198.19.255.254:8443", "fake-ip"),
        ("https://[fc00::7]", "fake-ip"),
        ("https://[::ffff:198.18.0.7]", "fake-ip"),
        ("https://10.0.0.7", "not a public one"),
        ("https://169.254.169.254", "not a public one"),
        ("https://[64:ff9b::10.0.0.7]", "not a public one"),
        ("https://[64:ff9b:1::169.254.169.254]", "not a public one"),
    ] {
        let env = TestEnv::builder().var("LIBTV_GATEWAY_URL", url).start();
        for command in [&["tasks"][..], &["create-session", "a cat"]] {
            let out = env.run(command).exits(1);
            let out = out.says(words).says("trying again changes nothing");
            assert!(
                !out.stdout.to_lowercase().contains("try again"),
                "{}",
                out.stdout
            );
        }
        let doctor = env.run(["doctor"]).exits(1);
        doctor.says(words);
        // Nothing was charged and nothing is in doubt.
        env.run(["recover"]).never_says("outcome");
    }
}

/// What a proxy for one test does with whoever asks it.
#[derive(Clone, Copy)]
enum Proxying {
    /// Leads on, as an HTTP proxy, when this header's value comes; else 407.
    Http(Option<&'static str>),
    /// Answers every `CONNECT` with this status.
    Status(u16),
    /// Leads on by SOCKS5; with a user and a password where one is named.
    Socks(Option<(&'static str, &'static str)>),
}

/// A proxy on loopback that knows where the fakes are. Its address; and the hosts that it led on to.
fn proxy(env: &TestEnv, what: Proxying) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let map = env.vars()[std::ffi::OsStr::new("LIBTV_CONNECT_TO")]
        .to_string_lossy()
        .into_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let led = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&led);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (map, noted) = (map.clone(), Arc::clone(&noted));
            std::thread::spawn(move || {
                let mut client = client;
                let asked = match what {
                    Proxying::Http(_) | Proxying::Status(_) => ask_http(&mut client, what),
                    Proxying::Socks(login) => ask_socks(&mut client, login),
                };
                let Some(host) = asked.ok().flatten() else {
                    return;
                };
                let target = map.split(',').find_map(|entry| {
                    let (name, target) = entry.split_once('=')?;
                    (name == host).then(|| target.to_owned())
                });
                noted.lock().unwrap().push(host);
                let Ok(mut server) = TcpStream::connect(target.unwrap()) else {
                    return;
                };
                let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
                let _ = std::io::copy(&mut client, &mut server);
                let _ = server.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    (address, led)
}

fn ask_http(client: &mut TcpStream, what: Proxying) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let login = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("proxy-authorization")
            .then(|| value.to_owned())
    });
    let status = match what {
        Proxying::Http(wanted) if wanted == login.as_deref() => 200,
        Proxying::Http(_) => 407,
        Proxying::Status(status) => status,
        Proxying::Socks(_) => 400,
    };
    write!(client, "HTTP/1.1 {status} X\r\n\r\n")?;
    let host = head.split([' ', ':']).nth(1).unwrap().to_owned();
    Ok((status == 200).then_some(host))
}

fn ask_socks(
    client: &mut TcpStream,
    login: Option<(&str, &str)>,
) -> std::io::Result<Option<String>> {
    let take = |client: &mut TcpStream, bytes: usize| {
        let mut taken = vec![0; bytes];
        client.read_exact(&mut taken).map(|()| taken)
    };
    let methods = take(client, 2)?[1];
    let methods = take(client, methods.into())?;
    let method = if login.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        client.write_all(&[5, 0xff])?;
        return Ok(None);
    }
    client.write_all(&[5, method])?;
    if let Some((user, password)) = login {
        let length = take(client, 2)?[1];
        let given_user = take(client, length.into())?;
        let length = take(client, 1)?[0];
        let given_password = take(client, length.into())?;
        let is_known = (&*given_user, &*given_password) == (user.as_bytes(), password.as_bytes());
        client.write_all(&[1, u8::from(!is_known)])?;
        if !is_known {
            return Ok(None);
        }
    }
    // A name, always: it is the proxy that resolves.
    let head = take(client, 5)?;
    assert_eq!(head[3], 3, "not a name");
    let host = take(client, head[4].into())?;
    take(client, 2)?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    Ok(Some(String::from_utf8(host).unwrap()))
}

/// The environment without a shorter way than the proxy.
fn by_proxy_only(env: &mut TestEnv, variable: &str, value: &str) {
    env.set("LIBTV_CONNECT_TO", "nobody.example=127.0.0.1:9");
    env.set(variable, value);
}

#[test]
fn a_proxy_is_spoken_to_as_its_address_says_with_any_password() {
    // planted:a@b:c%
    let basic = "Basic cGxhbnRlZDphQGI6YyU=";
    let login = ("planted", "a@b:c%");
    for (what, variable, before) in [
        (Proxying::Http(None), "HTTPS_PROXY", "http://"),
        (Proxying::Http(None), "https_proxy", ""),
        (
            Proxying::Http(Some(basic)),
            "HTTPS_PROXY",
            "http://planted:a@b:c%@",
        ),
        (
            Proxying::Http(Some(basic)),
            "ALL_PROXY",
            "http://planted:a%40b%3Ac%25@",
        ),
        (Proxying::Socks(None), "HTTPS_PROXY", "socks5://"),
        (Proxying::Socks(None), "all_proxy", "socks5h://"),
        (Proxying::Socks(None), "ALL_PROXY", "socks://"),
        (
            Proxying::Socks(Some(login)),
            "HTTPS_PROXY",
            "socks5h://planted:a%40b%3ac%25@",
        ),
    ] {
        let mut env = TestEnv::new();
        let (address, led) = proxy(&env, what);
        by_proxy_only(&mut env, variable, &format!("{before}{address}"));
        env.run(["check"]).ok().says("✅ Key valid");
        assert_eq!(
            *led.lock().unwrap(),
            ["seedance.nexu.io"],
            "{variable}={before}"
        );
        let doctor = env.run(["doctor", "--json"]).json().to_string();
        assert!(
            doctor.contains(&format!("{address} of {variable}")),
            "{doctor}"
        );
        assert!(!doctor.contains("planted"), "{doctor}");
    }
}

#[test]
fn a_proxy_that_fails_is_named_without_its_password() {
    let refused = "refuses user or password";
    for (what, before, words, lasts) in [
        (
            Proxying::Http(Some("Basic x")),
            "http://me:planted@",
            refused,
            true,
        ),
        (
            Proxying::Http(Some("Basic x")),
            "",
            "asks for a user and a password",
            true,
        ),
        (
            Proxying::Socks(Some(("me", "x"))),
            "socks5://me:planted@",
            refused,
            true,
        ),
        (
            Proxying::Socks(Some(("me", "x"))),
            "socks5://",
            "asks for a user",
            true,
        ),
        (
            Proxying::Status(403),
            "http://me:planted@",
            "HTTP 403",
            true,
        ),
        (
            Proxying::Status(502),
            "http://me:planted@",
            "HTTP 502",
            false,
        ),
        (Proxying::Socks(None), "http://me:planted@", "", false),
    ] {
        let mut env = TestEnv::new();
        let (address, _) = proxy(&env, what);
        by_proxy_only(&mut env, "HTTPS_PROXY", &format!("{before}{address}"));
        let out = env.run(["create-session", "a cat"]).exits(1);
        let out = out
            .says(words)
            .says("the proxy ")
            .says(&format!("{address} of HTTPS_PROXY"));
        let out = out.never_says("planted");
        assert_eq!(
            lasts,
            out.stdout.contains("trying again changes nothing"),
            "{}",
            out.stdout
        );
        env.run(["doctor"])
            .exits(1)
            .says(words)
            .never_says("planted");
    }
}

#[test]
fn who_stands_in_no_proxy_is_reached_without_it() {
    for (variable, value) in [
        ("NO_PROXY", "*.nexu.io, 10.0.0.0/8"),
        ("no_proxy", "localhost seedance.nexu.io:443"),
    ] {
        let mut env = TestEnv::new();
        let (address, led) = proxy(&env, Proxying::Http(None));
        by_proxy_only(&mut env, "HTTPS_PROXY", &format!("http://{address}"));
        env.set(variable, value);
        // Directly there is no way from here, whatever the resolver says.
        env.run(["check"]).exits(1).never_says("the proxy ");
        assert!(led.lock().unwrap().is_empty());
    }
}

/// Each with what can't be used, and what the other commands say about it.
const UNUSABLE: [(&str, &str); 8] = [
    ("HTTPS_PROXY", "https://me:planted@127.0.0.1:9"),
    ("https_proxy", "ftp://me:planted@127.0.0.1:9"),
    ("ALL_PROXY", "socks4://127.0.0.1:9"),
    ("HTTPS_PROXY", "no address at all"),
    ("HTTPS_PROXY", "http://127.0.0.1:port"),
    ("HTTPS_PROXY", "http://me:planted@"),
    ("SSL_CERT_FILE", "/nowhere/roots.pem"),
    ("SSL_CERT_FILE", "/proc/self/status"),
];

#[test]
fn a_setting_that_cannot_be_used_stops_only_what_needs_it_and_is_named() {
    for (variable, value) in UNUSABLE {
        let env = TestEnv::builder().var(variable, value).start();
        let named = format!("{variable} can't be used");
        for command in [&["check"][..], &["create-session", "a cat"], &["tasks"]] {
            let out = env.run(command).exits(1);
            let out = out.says(&named).says("❌ ").never_says("planted");
            assert!(!out.stdout.contains("Try again"), "{}", out.stdout);
        }
        env.run(["doctor"])
            .exits(1)
            .says(&named)
            .never_says("planted");
        // Nothing left, and nothing is in doubt.
        assert!(env.gateway().requests().is_empty(), "{variable}={value}");
        env.run(["status"]).ok().line("No sessions found.");
        env.run(["grants"]).ok();
        env.run(["--help"]).ok();
        env.run(["audit"]).ok();
    }
    let env = TestEnv::builder().var(UNUSABLE[0].0, UNUSABLE[0].1).start();
    env.run(["serve"])
        .exits(1)
        .says("HTTPS_PROXY can't be used");
    let env = TestEnv::builder()
        .var("LIBTV_CONNECT_TO", "open.feishu.cn=10.0.0.1:443")
        .start();
    env.run(["status"]).exits(1).says("LIBTV_CONNECT_TO");
}

#[test]
fn what_all_of_feishus_routes_begin_with_may_stand_behind_its_base_url() {
    for behind in ["/open-apis", "/open-apis/", ""] {
        let env = TestEnv::builder()
            .var("FEISHU_BASE_URL", format!("https://open.feishu.cn{behind}"))
            .start();
        env.run(["doctor", "--chat-id", CHAT]).says("✅ Text: ");
        assert_eq!(env.chat().len(), 2);
    }
}
