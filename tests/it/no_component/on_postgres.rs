//! Hostile components whose state is in a PostgreSQL, beside another tenant that has what they are after: its records, and the chat
//! that it may write to.

use std::sync::Arc;
use std::time::Duration;

use fleet::database::{Database, Type};
use fleet::harnesses::Harnesses;
use fleet::private::{Postgres, programs, url};
use fleet::recipients::{self, Destination};
use fleet::secrets::LocalSecrets;
use fleet::step;
use fleet::tenants::{self, Tenant};
use fleet::worker::{Options, Worker};
use fleet::{claim::claim, schema};
use host_harness::{CallError, LimitHit};

use super::{Attack, attack};
use crate::env::block_on;

/// What the other tenant has, for a look whether it is as it was.
const OF_THE_OTHER: &str = "select
        (select string_agg(path || ' ' || convert_from(bytes, 'UTF8'), ',' order by path) from record where tenant = 'other')
        || (select string_agg(id, ',' order by id) from recipient where tenant = 'other')";
/// What the attacker may have made: recipients, and records under another's name. Whatever else it wrote is its own.
const OF_THE_ATTACKER: &str = "select
        (select count(*) from recipient where tenant = 'own')
        + (select count(*) from record where tenant = 'own'
            and (path like '%other%' or path like '%..%' or path like '%audit%'))";

/// A database with both tenants, and the component as a step of the first one's session.
async fn stepped(attack: &Attack, postgres: &Postgres, name: &str) -> Option<CallError> {
    let env = &attack.env;
    postgres.make(name).await.unwrap();
    let database = Arc::new(Database::new(&url(postgres.port(), name), None, 2).unwrap());
    schema::migrate(&database).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kept = |name: &str, secret: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, secret).unwrap();
        format!("file:{}", path.display())
    };
    let (key, app) = (
        kept("key", fakes::GATEWAY_KEY),
        kept("app", fakes::FEISHU_APP_SECRET),
    );
    for id in ["own", "other"] {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let tenant = Tenant {
            id: id.to_owned(),
            variables: [pair("FEISHU_APP_ID", fakes::FEISHU_APP_ID)].into(),
            secrets: [pair("LIBTV_API_KEY", &key), pair("FEISHU_APP_SECRET", &app)].into(),
            ..Tenant::default()
        };
        let added = tenants::add(&database, &tenant, &LocalSecrets).await;
        added.unwrap();
    }
    let stranger = Destination {
        channel: "feishu",
        chat: Some("oc_stranger"),
        thread: None,
        reply_to: None,
    };
    recipients::name(&database, "other", stranger)
        .await
        .unwrap();
    // The other one's session isn't due, so that the step is the attacker's.
    let rows = "with s as (insert into session (tenant, key, session_id, due_at) values
            ('own', 'own-1', $1, now()), ('other', 'other-1', 'theirs', now() + interval '1 day')),
        r as (insert into record (tenant, scope, path, bytes) values
            ('own', 'own-1', 'sessions/own-1/asked-0001', 'mine'),
            ('other', 'other-1', 'sessions/other-1/asked-0001', 'theirs'))
        select 1";
    database
        .one(rows, &[(&attack.name, Type::TEXT)])
        .await
        .unwrap();
    let before: String = database.one(OF_THE_OTHER, &[]).await.unwrap().get(0);
    assert!(before.contains("theirs") && before.contains("oc_stranger"));

    let shared = ["LIBTV_CONNECT_TO", "SSL_CERT_FILE"].map(|name| {
        let value = env.vars()[std::ffi::OsStr::new(name)].clone();
        (name.to_owned(), value)
    });
    let home = folder.path().join("home");
    let component = super::load_for(attack.name).unwrap();
    let harnesses = Harnesses::new(component, home, shared.to_vec(), Arc::new(LocalSecrets));
    let worker = Worker::new(
        Arc::clone(&database),
        Arc::new(harnesses),
        Arc::default(),
        Options::default(),
    );
    let lease = Duration::from_secs(30);
    let claimed = claim(&database, "test", "digest", lease, 8).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let claimed = claimed.into_iter().next().unwrap();
    let held = step::held(&worker, &claimed);
    let mut attempted = step::attempt(&worker, &claimed, &held).await;
    let error = attempted.error.take();
    step::let_go(&worker, &held, attempted).await;

    let after: String = database.one(OF_THE_OTHER, &[]).await.unwrap().get(0);
    assert_eq!(after, before, "{}", attack.name);
    let own: i64 = database.one(OF_THE_ATTACKER, &[]).await.unwrap().get(0);
    assert_eq!(own, 0, "{}", attack.name);
    error
}

/// A server for one test; none where this machine has no PostgreSQL, unless these tests are to run.
fn server() -> Option<(Postgres, tempfile::TempDir)> {
    let Some(programs) = programs() else {
        let required = std::env::var_os("LIBTV_FLEET_REQUIRED").is_some();
        assert!(!required, "there is no PostgreSQL");
        eprintln!("SKIPPED: there is no PostgreSQL on this machine (apt-get install postgresql)");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let postgres = Postgres::start(&programs, folder.path(), &[]).unwrap();
    Some((postgres, folder))
}

#[test]
pub fn takes_what_another_tenant_has() {
    let attack = attack!(takes_what_another_tenant_has);
    let Some((postgres, _folder)) = server() else {
        return;
    };
    let error = block_on(stepped(&attack, &postgres, "taking"));
    // It found nothing to read, and what it wrote was refused with all that the call would have stored.
    assert!(
        matches!(error, Some(CallError::Limit(LimitHit::Lease))),
        "{error:?}"
    );
}

#[test]
fn a_chat_that_another_tenant_has_named_is_nobodys_here() {
    let Some((postgres, _folder)) = server() else {
        return;
    };
    for name in ["writes_to_another_chat", "submits_from_a_poll"] {
        let attack = Attack::of(name);
        let error = block_on(stepped(&attack, &postgres, name));
        assert!(
            matches!(error, Some(CallError::Problem(_))),
            "{name}: {error:?}"
        );
        assert!(attack.env.feishu().messages().is_empty(), "{name}");
        assert!(attack.env.gateway().submits().is_empty(), "{name}");
    }
}

#[test]
fn what_lies_beside_the_records_is_as_unreachable_as_beside_a_folder() {
    let Some((postgres, _folder)) = server() else {
        return;
    };
    for name in [
        "reads_above_its_folder",
        "reads_an_absolute_path",
        "reads_through_a_link_it_made",
        "moves_the_key_into_its_folder",
        "rewrites_the_record",
    ] {
        let attack = Attack::of(name);
        let error = block_on(stepped(&attack, &postgres, name));
        assert!(
            matches!(error, Some(CallError::Problem(_))),
            "{name}: {error:?}"
        );
    }
}
