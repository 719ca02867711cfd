//! What a program that embeds the harness decides by itself: where secrets come from, what may be reached, how requests leave, what
//! it is told. In the tests' own process; the program of the guide is `embed.rs`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use fakes::{Fake, Fault, GATEWAY_KEY};
use host_harness::{
    CallEnded, CallError, Component, CredentialSource, Credentials, ErrorKind, Harness, Network,
    Output, Secret, Settings, Submit,
};

use crate::env::{CHAT, TIMEOUT, TestEnv, block_on};

/// Where a request for a film is submitted.
const SUBMIT: &str = "POST /libtv/v1/session";

/// A vault with the gateway's key, which can be locked, or be empty.
#[derive(Clone, Default)]
struct Vault {
    locked: Arc<AtomicBool>,
    is_empty: bool,
}

impl CredentialSource for Vault {
    fn load(&self) -> Result<Credentials, String> {
        if self.locked.load(Ordering::Relaxed) {
            return Err("the vault is locked".to_owned());
        }
        let key = (!self.is_empty).then(|| Arc::new(Secret::new(GATEWAY_KEY)));
        Ok(Credentials {
            api_key: key,
            ..Credentials::default()
        })
    }
}

fn submit(harness: &Harness) -> Result<String, CallError> {
    let submit = Submit::message("a red fox").to_nowhere();
    block_on(harness.submit(submit)).map(|taken| taken.session_id)
}

#[test]
fn an_empty_vault_that_is_the_only_source_is_no_key_whatever_lies_elsewhere() {
    let mut env = TestEnv::new();
    env.set("LIBTV_API_KEY", GATEWAY_KEY);
    let folder = env.folder().join("user/.openclaw");
    std::fs::create_dir_all(&folder).unwrap();
    let accounts = r#"{"channels": {"slack": {"accounts": {"main": {"botToken": "xoxb-of-another-program"}}}}}"#;
    std::fs::write(folder.join("openclaw.json"), accounts).unwrap();
    env.holds_secrets(folder.join("openclaw.json"));
    let empty = Vault {
        is_empty: true,
        ..Vault::default()
    };
    let harness = env.harness_with(|settings| settings.with_only_credentials(empty));
    let reachable = harness.egress_rules();
    assert!(
        reachable.iter().all(|rule| rule.starts_with("media store")),
        "{reachable:?}"
    );
    let error = submit(&harness).unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Permanent, "failed")
    );
    assert_eq!(env.gateway().requests().len(), 0);
    // The same source beside the others: the key of the environment counts.
    let beside = env.harness_with(|settings| {
        settings.with_credentials(Vault {
            is_empty: true,
            ..Vault::default()
        })
    });
    submit(&beside).unwrap();
}

#[test]
fn a_locked_vault_stops_what_would_send_and_nothing_takes_its_place() {
    let env = TestEnv::new();
    let vault = Vault::default();
    let lock = |locked| vault.locked.store(locked, Ordering::Relaxed);
    for is_only in [true, false] {
        let harness = env.harness_with(|settings| {
            if is_only {
                settings.with_only_credentials(vault.clone())
            } else {
                settings.with_credentials(vault.clone())
            }
        });
        lock(true);
        let sent = env.gateway().requests().len();
        let error = submit(&harness).unwrap_err();
        assert!(matches!(&error, CallError::Credentials(why) if why == "the vault is locked"));
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Temporary, "credentials-unread")
        );
        assert_eq!(env.gateway().requests().len(), sent);
        // What only looks needs no secret.
        block_on(harness.status(None, None, Output::discard())).unwrap();
        lock(false);
        submit(&harness).unwrap();
    }
}

#[test]
fn a_policy_takes_routes_away_and_each_refusal_is_told_with_its_call() {
    let env = TestEnv::new();
    let told: Arc<Mutex<Vec<CallEnded>>> = Arc::default();
    let seen = Arc::clone(&told);
    let harness = env.harness_with(|settings| {
        settings
            .with_policy(|route| route.method == "GET")
            .with_observer(move |ended| seen.lock().unwrap().push(ended.clone()))
    });
    let rules = harness.egress_rules();
    assert!(!rules.is_empty() && !rules.iter().any(|rule| rule.contains(": POST ")));
    let granted = harness.grants().network;
    assert!(granted.iter().all(|route| route.method == "GET"));
    submit(&harness).unwrap_err();
    assert_eq!(env.gateway().submits().len(), 0);
    block_on(harness.check(None)).unwrap();
    let told = told.lock().unwrap();
    let [refused, checked] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(refused.call, "submit");
    assert_ne!(refused.outcome, "ok");
    assert_eq!(refused.refused, 1);
    assert_eq!(refused.refusals[0].reason, "path");
    assert_eq!(refused.refusals[0].path, "/libtv/v1/session");
    assert_eq!((checked.call, checked.outcome.as_str()), ("check", "ok"));
    assert!(checked.requests > 0 && checked.received_bytes > 0 && checked.cpu_ms.is_some());
    let written = serde_json::to_value(refused).unwrap();
    assert_eq!(written["refusals"][0]["reason"], "path");
}

#[test]
fn how_requests_leave_is_a_value_and_the_environment_has_no_say() {
    let env = TestEnv::new();
    let ca = &env.vars()[std::ffi::OsStr::new("SSL_CERT_FILE")];
    let here = || Network::direct().connecting_to(env.world().connect_to());
    let with = |network: Network| {
        let settings = Settings::new(env.home()).with_network(network);
        Harness::new(Component::embedded().unwrap(), settings).unwrap()
    };
    let good = block_on(with(here().trusting(ca)).check(None)).unwrap();
    assert!(good.verified && good.problem.is_none());
    // Without the fakes' root nobody is believed, and a proxy that can't be read is passed by nobody.
    let untrusted = block_on(with(here()).check(None)).unwrap();
    assert!(!untrusted.verified && untrusted.problem.is_some());
    let asked = env.gateway().requests().len();
    let proxied = with(Network::through("no proxy at all"));
    let told = proxied.network_settings().unusable_proxy.unwrap();
    assert!(told.contains("Network::through"), "{told}");
    assert!(block_on(proxied.check(None)).unwrap().problem.is_some());
    assert_eq!(env.gateway().requests().len(), asked);
}

#[test]
fn advice_to_a_program_names_no_command_and_no_option_of_ours() {
    let env = TestEnv::builder().config(None).start();
    let library = env.harness();
    let command_line = env.harness_with(Settings::with_command_line);
    let advice = |harness: &Harness| {
        let refused = submit(harness).unwrap_err().advice().to_owned();
        let (found, _) = block_on(harness.doctor(None, None, Output::discard()));
        let found = found.unwrap().into_iter().filter_map(|one| one.advice);
        [refused].into_iter().chain(found).collect::<Vec<_>>()
    };
    let is_ours = |text: &String| text.contains("libtv-video") || text.contains("--");
    let said = advice(&library);
    assert!(!said.iter().any(is_ours), "{said:?}");
    assert!(advice(&command_line).iter().any(is_ours));
}

#[test]
fn a_call_that_is_given_up_is_told_and_the_job_goes_on_with_the_next() {
    let env = TestEnv::new();
    let told: Arc<Mutex<Vec<CallEnded>>> = Arc::default();
    let seen = Arc::clone(&told);
    let harness = env.harness_with(|settings| {
        settings.with_observer(move |ended| seen.lock().unwrap().push(ended.clone()))
    });
    let id = env.submit("a red fox runs through snow");
    let gateway = env.gateway();
    // Given up when the request has arrived, and before anybody has answered it.
    let asked = gateway.requests().len() + 1;
    gateway.fault("GET /libtv/v1/session/*", Fault::SilentAfterApplied, 1);
    block_on(async {
        tokio::select! {
            ended = harness.poll(&id) => panic!("nobody answered: {ended:?}"),
            seen = gateway.wait_until(TIMEOUT, |gateway| gateway.requests().len() >= asked) => seen.unwrap(),
        }
    });
    assert_eq!(told.lock().unwrap()[0].outcome, "abandoned");
    env.watch(&id).ok();
    assert_eq!(env.chat().len(), 1, "in {CHAT}");
    // A submit that is given up has perhaps arrived: it is looked up, and not sent again.
    gateway.fault(SUBMIT, Fault::SilentAfterApplied, 1);
    block_on(async {
        tokio::select! {
            ended = harness.submit(Submit::message("a blue fox").to_nowhere()) => panic!("nobody answered: {ended:?}"),
            seen = gateway.wait_until(TIMEOUT, |gateway| gateway.submits().len() == 2) => seen.unwrap(),
        }
    });
    block_on(harness.recover(None)).unwrap();
    assert_eq!(env.gateway().submits().len(), 2);
}

#[test]
fn what_a_call_fails_by_has_a_name_for_programs() {
    let cause = |result: Result<String, CallError>| {
        let error = result.unwrap_err();
        (error.kind(), error.cause())
    };
    let without = TestEnv::builder().config(None).start();
    assert_eq!(
        cause(submit(&without.harness())),
        (ErrorKind::Permanent, "no-key")
    );
    let wrong = TestEnv::builder().key("mgk_of_nobody").start();
    assert_eq!(
        cause(submit(&wrong.harness())),
        (ErrorKind::Permanent, "key-refused")
    );
    let limits = serde_json::json!({"apiKey": GATEWAY_KEY, "limits": {"jobsPerDay": 1}});
    let env = TestEnv::builder().config(Some(&limits.to_string())).start();
    let harness = env.harness();
    let id = submit(&harness).unwrap();
    assert_eq!(
        cause(submit(&harness)),
        (ErrorKind::Permanent, "limit-reached")
    );
    let narrow = env.harness_with(|settings| settings.with_policy(|route| route.method == "POST"));
    let query = |harness: &Harness, id: &str| {
        block_on(harness.query(id, None, None)).map(|transcript| format!("{transcript:?}"))
    };
    assert_eq!(
        cause(query(&narrow, &id)),
        (ErrorKind::Permanent, "not-permitted")
    );
    assert_eq!(
        cause(query(&harness, "nobody-knows-it")),
        (ErrorKind::Permanent, "unknown-session")
    );
    let gateway = env.gateway();
    for (fault, name) in [
        (Fault::Refuse, "unreachable"),
        (Fault::Html(503), "unreachable"),
        (Fault::rate_limited("retry-after", "2"), "rate-limited"),
    ] {
        // As often as it may be asked again by itself.
        gateway.fault("GET /libtv/v1/session/*", fault, 20);
        assert_eq!(cause(query(&harness, &id)), (ErrorKind::Temporary, name));
        gateway.clear_faults();
    }
    // And as a command says it.
    let refused = env.run(["query-session", "nobody-knows-it", "--json"]);
    assert_eq!(refused.exits(1).json()["error"]["cause"], "unknown-session");
}

#[test]
fn calls_beyond_the_pool_wait_for_a_place() {
    let env = TestEnv::new();
    let harness = env.harness();
    let calls = host_harness::limits::EMBEDDED_INSTANCES as usize + 20;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut under_way = tokio::task::JoinSet::new();
        for _ in 0..calls {
            let harness = harness.clone();
            under_way.spawn(async move { harness.due().await });
        }
        while let Some(ended) = under_way.join_next().await {
            ended.unwrap().unwrap();
        }
    });
}
