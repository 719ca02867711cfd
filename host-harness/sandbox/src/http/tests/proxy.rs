use super::*;

fn parse(value: &str) -> Result<Proxy, String> {
    Proxy::parse("HTTPS_PROXY", value)
}

fn login(value: &str) -> (String, String) {
    let (user, password) = parse(value).unwrap().login.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(user), text(password))
}

#[test]
fn usual_addresses_of_proxies_are_read() {
    for (value, shown) in [
        ("http://127.0.0.1:7890", "http://127.0.0.1:7890"),
        ("127.0.0.1:7890", "http://127.0.0.1:7890"),
        ("proxy.example", "http://proxy.example:80"),
        ("HTTP://Proxy.Example:3128/", "http://proxy.example:3128"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("socks5://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ("socks5h://localhost", "socks5://localhost:1080"),
        ("socks://127.0.0.1:7891/", "socks5://127.0.0.1:7891"),
        ("http://me:pass@word@proxy:1/x?y#z", "http://proxy:1"),
    ] {
        assert_eq!(
            parse(value).unwrap().to_string(),
            format!("{shown} of HTTPS_PROXY")
        );
    }
}

#[test]
fn a_user_and_a_password_may_hold_anything() {
    for (value, user, password) in [
        ("http://me:a@b@proxy:1", "me", "a@b"),
        ("http://me:a%40b%3A%25@proxy:1", "me", "a@b:%"),
        ("http://me:a:b/c#d?e@proxy:1", "me", "a:b/c#d?e"),
        ("http://me:100%@proxy:1", "me", "100%"),
        ("socks5://m%C3%BC:x@proxy", "mü", "x"),
        ("me@proxy:1", "me", ""),
    ] {
        assert_eq!(
            login(value),
            (user.to_owned(), password.to_owned()),
            "{value}"
        );
    }
}

#[test]
fn what_is_no_address_is_refused_and_never_repeated() {
    for value in [
        "https://me:planted@proxy:443",
        "socks4://me:planted@proxy",
        "ftp://me:planted@proxy",
        "http://",
        "http://:8080",
        "http://me:planted@",
        "http://proxy:planted",
        "http://proxy:0",
        "http://proxy:99999",
        "http://[::1",
        "http://[::1]planted",
        "7890",
        "not planted at all",
        "http://pro xy:1",
        "http://预:1",
        "socks5://:planted@proxy",
        &format!("socks5://me:{}@proxy", "planted".repeat(40)),
    ] {
        let reason = parse(value).err().unwrap_or_else(|| panic!("{value}"));
        assert!(!reason.contains("planted"), "{reason}");
    }
}
