//! What stands between here and the services: addresses that aren't public, proxies, roots of trust. What can't be reached for
//! a setting of this machine is told as that.

use crate::env::TestEnv;

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
