//! What a component could do with the keys of the services that stand side by side: each reaches its own service's routes, in
//! the calls that they are for, and nothing else.

use fakes::{ARK_KEY, Fake, MODELARK_KEY, PIPPIT_KEY};
use host_harness::Submit;
use host_harness::http::RefusalReason;

use super::calls::said;
use super::{Attack, End, GOOD, is_served};
use crate::env::{TestEnv, block_on};

/// A world in which these services are set up, beside the gateway.
fn world(keys: &[(&str, &str)]) -> TestEnv {
    let builder = TestEnv::builder();
    let set = |builder: crate::env::Builder, (name, key): &(&str, &str)| builder.var(name, key);
    keys.iter().fold(builder, set).start()
}

/// Ark, and nothing else beside the gateway.
const ARK: &[(&str, &str)] = &[("ARK_API_KEY", ARK_KEY)];

/// How a step ended in such a world; nothing of it reached any service.
#[track_caller]
fn end(name: &'static str, keys: &[(&str, &str)]) -> End {
    let end = Attack::in_env(name, world(keys)).end();
    assert!(end.env.ark().requests().is_empty());
    assert!(end.env.modelark().requests().is_empty());
    assert!(end.env.world().pippit().requests().is_empty());
    assert!(end.env.world().ark_media().requests().is_empty());
    end
}

#[test]
pub fn sends_arks_key_abroad() {
    let both = [("ARK_API_KEY", ARK_KEY), ("MODELARK_API_KEY", MODELARK_KEY)];
    end("sends_arks_key_abroad", &both).refused(RefusalReason::MisplacedPlaceholder);
}

#[test]
pub fn sends_arks_key_to_the_store_of_its_results() {
    let end = end("sends_arks_key_to_the_store_of_its_results", ARK);
    end.refused(RefusalReason::MisplacedPlaceholder);
}

#[test]
pub fn reaches_a_service_without_a_key() {
    end("sends_arks_key_abroad", ARK).refused(RefusalReason::Host);
}

#[test]
pub fn asks_ark_for_another_route() {
    end("asks_ark_for_another_route", ARK).refused(RefusalReason::Path);
}

#[test]
pub fn makes_pictures_from_a_poll() {
    end("makes_pictures_from_a_poll", ARK).refused(RefusalReason::Call);
}

#[test]
pub fn deletes_a_task_from_a_poll() {
    end("deletes_a_task_from_a_poll", ARK).refused(RefusalReason::Call);
}

#[test]
pub fn puts_pippits_key_into_a_body() {
    let pippit = [("XYQ_ACCESS_KEY", PIPPIT_KEY)];
    end("puts_pippits_key_into_a_body", &pippit).refused(RefusalReason::MisplacedPlaceholder);
}

/// How often money was spent, whoever took it.
fn paid(env: &TestEnv) -> usize {
    let posts = |fake: &dyn Fn() -> Vec<fakes::Recorded>| {
        fake().iter().filter(|sent| sent.method == "POST").count()
    };
    posts(&|| env.ark().requests()) + posts(&|| env.world().pippit().requests())
}

#[test]
pub fn spends_on_clips_and_pictures() {
    let keys = [("ARK_API_KEY", ARK_KEY), ("XYQ_ACCESS_KEY", PIPPIT_KEY)];
    for (limits, sent) in [(r#"{"jobsPerDay":1}"#, 1), ("{}", 2)] {
        let attack = Attack::in_env("spends_on_clips_and_pictures", world(&keys)).in_every_call();
        let key = fakes::GATEWAY_KEY;
        let config = format!(r#"{{"apiKey":"{key}","limits":{limits}}}"#);
        std::fs::write(attack.env.config_path(), config).unwrap();
        block_on(async {
            let harness = attack.harness();
            let answer = said(harness.submit(Submit::message("a cat")).await);
            // The third is one too many for a submit, whatever the day's limit is.
            assert!(answer.ends_with("HttpRequestDenied"), "{answer}");
            assert_eq!(paid(&attack.env), sent, "{answer}");
            is_served(&harness.poll(GOOD).await);
        });
    }
}
