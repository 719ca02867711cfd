//! The same attacks where the state is records that came with the call and stands in no folder, as in a fleet: what a component could
//! reach beside its own records, and whom it could write to.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fakes::Fake;
use host_harness::http::{Gate, Pending, Place, Recipients, Spending, Standing};
use host_harness::{CallError, CallState, Change, Keeper, Lost, Records, Step};

use super::Attack;
use crate::env::{TestEnv, block_on};

/// A store with nobody's records but the call's own, in which nobody was named.
#[derive(Default)]
struct Elsewhere {
    /// What was stored.
    stored: Mutex<Vec<String>>,
}

#[async_trait]
impl Keeper for Elsewhere {
    async fn commit(&self, changes: Vec<Change>) -> Result<(), Lost> {
        let paths = changes.into_iter().map(|change| change.path);
        self.stored.lock().unwrap().extend(paths);
        Ok(())
    }

    async fn claim(
        &self,
        changes: Vec<Change>,
        path: &str,
        _: &[u8],
    ) -> Result<Option<Vec<u8>>, Lost> {
        self.commit(changes).await?;
        self.stored.lock().unwrap().push(path.to_owned());
        Ok(None)
    }

    async fn shared(&self, _: &str) -> Result<Option<Vec<(String, Vec<u8>)>>, Lost> {
        Ok(None)
    }
}

#[async_trait]
impl Gate for Elsewhere {
    async fn may_send(&self) -> bool {
        true
    }
}

impl Recipients for Elsewhere {
    fn is_named(&self, _: &str, _: &str) -> bool {
        false
    }

    fn has_message(&self, _: &str) -> bool {
        false
    }

    fn note_message(&self, id: String) {
        panic!("{id} is in nobody's chat");
    }

    fn note_derived(&self, _: (&str, &str), _: &str, id: String) {
        panic!("nobody leads to {id}");
    }
}

impl Spending for Elsewhere {
    fn take<'a>(&'a self, _: Option<&'a str>) -> Pending<'a, Result<Place, String>> {
        Box::pin(async { Err("Nothing may be spent.".to_owned()) })
    }

    fn give_back(&self, _: Place) -> Pending<'_, ()> {
        Box::pin(async {})
    }

    fn standing<'a>(&'a self, _: Option<&'a str>) -> Pending<'a, Result<Standing, String>> {
        Box::pin(async { Err("Nothing may be spent.".to_owned()) })
    }
}

/// Lets an attack do its step on records; what came of it, and what was stored.
fn step(attack: &Attack) -> (Result<Step, CallError>, Vec<String>) {
    let elsewhere = Arc::new(Elsewhere::default());
    let own = ("sessions/own-1/asked-0001".to_owned(), b"mine".to_vec());
    let records = Records::new([own], Arc::clone(&elsewhere) as Arc<dyn Keeper>);
    let state = CallState {
        records: Arc::new(records),
        recipients: Arc::clone(&elsewhere) as Arc<dyn Recipients>,
        spending: Arc::clone(&elsewhere) as Arc<dyn Spending>,
        gate: Arc::clone(&elsewhere) as Arc<dyn Gate>,
        is_alone: true,
    };
    let result = block_on(async { attack.harness().on(state).poll(attack.name).await });
    let stored = elsewhere.stored.lock().unwrap().clone();
    (result, stored)
}

#[test]
fn nothing_beside_the_calls_own_records_is_read_or_changed() {
    for name in [
        "reads_above_its_folder",
        "reads_an_absolute_path",
        "reaches_out_with_a_trailing_slash",
        "reads_through_a_link_it_made",
        "links_the_key_into_its_folder",
        "moves_the_key_into_its_folder",
        "replaces_the_configuration",
        "rewrites_the_record",
    ] {
        let attack = Attack::of(name);
        let config = attack.env.config_path();
        let before = std::fs::read(&config).unwrap();
        let (result, stored) = step(&attack);
        assert!(
            matches!(&result, Err(CallError::Problem(_))),
            "{name}: {result:?}"
        );
        assert!(stored.is_empty(), "{name}: {stored:?}");
        assert_eq!(std::fs::read(&config).unwrap(), before, "{name}");
        // Whatever it made is in no folder either.
        assert!(!attack.env.state().join("mine").exists(), "{name}");
    }
}

#[test]
fn nobody_is_written_to_whom_no_submit_has_named() {
    let discord = || {
        let builder = TestEnv::builder();
        builder
            .var("DISCORD_BOT_TOKEN", fakes::DISCORD_BOT_TOKEN)
            .start()
    };
    for (name, env) in [
        ("writes_to_another_chat", TestEnv::new()),
        ("writes_to_another_discord_channel", discord()),
        ("submits_from_a_poll", TestEnv::new()),
    ] {
        let attack = Attack::in_env(name, env);
        let (result, _) = step(&attack);
        assert!(
            matches!(&result, Err(CallError::Problem(_))),
            "{name}: {result:?}"
        );
        assert!(attack.env.feishu().messages().is_empty(), "{name}");
        let sent = attack.env.world().discord().requests();
        assert!(sent.is_empty(), "{name}: {sent:?}");
        assert!(attack.env.gateway().submits().is_empty(), "{name}");
    }
}
