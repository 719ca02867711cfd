//! Harnesses that are killed while they send, and harnesses that stand still for longer than their lease and wake up when their
//! sessions are somebody else's: nothing is lost, nothing is shown twice, and others take over in time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use fakes::{ALWAYS, Fake, Fault};
use tokio_postgres::types::Type;

use crate::rig::{Process, Rig, times};

/// The shortest that there is.
const LEASE_SECONDS: u64 = 2;
const LEASE: Duration = Duration::from_secs(LEASE_SECONDS);
/// How long a message takes to be answered: long enough to be caught in it.
const LATENCY_MS: u64 = 900;
/// Harness processes.
const WORKERS: usize = 3;
/// Jobs for each time that one is killed or stopped: some of them are sending then.
const JOBS_EACH: usize = 3;
/// Something is sending before that.
const CAUGHT_WITHIN: Duration = Duration::from_secs(120);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(15);

/// Which channel, as far as these tests have to know it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A repeated message is known by its key.
    Keyed,
    /// A text has nothing that tells it from a second one.
    Keyless,
}

impl Kind {
    fn channel(self) -> &'static str {
        match self {
            Self::Keyed => "feishu",
            Self::Keyless => "slack",
        }
    }

    fn chat(self, nth: usize) -> String {
        match self {
            Self::Keyed => format!("oc_kills{nth}"),
            Self::Keyless => format!("C{nth:010}"),
        }
    }

    fn route(self) -> &'static str {
        match self {
            Self::Keyed => "POST /open-apis/im/v1/messages",
            Self::Keyless => "POST /api/chat.postMessage",
        }
    }
}

/// A fleet whose messages take a while.
struct Fleet {
    rig: Rig,
    kind: Kind,
    workers: Vec<Process>,
    /// Sessions by their chats, in the order of their submits.
    sessions: Vec<(String, String)>,
    /// Messages of unknown outcome by chat, as far as they were seen: a tenant's oldest sessions are forgotten while this goes on.
    unknown: HashMap<String, i64>,
    homes: usize,
    harnesses: std::sync::Arc<fleet::harnesses::Harnesses>,
}

impl Fleet {
    async fn new(kind: Kind) -> Option<Self> {
        let rig = Rig::new().await?;
        // Not with the first step, from whose end on the row says which session it is.
        rig.films(2);
        rig.tenant("acme", 64).await;
        let slow = Fault::Latency(LATENCY_MS);
        match kind {
            Kind::Keyed => rig.world.feishu().fault(kind.route(), slow, ALWAYS),
            Kind::Keyless => {
                let slack = rig.world.slack();
                // Then the film's link goes as a text.
                slack.refuse_method("files.getUploadURLExternal", Some("file_uploads_disabled"));
                slack.fault(kind.route(), slow, ALWAYS);
            }
        }
        let harnesses = rig.harnesses("submits");
        let mut fleet = Self {
            rig,
            kind,
            workers: Vec::new(),
            sessions: Vec::new(),
            unknown: HashMap::new(),
            homes: 0,
            harnesses,
        };
        for _ in 0..WORKERS {
            let worker = fleet.started();
            fleet.workers.push(worker);
        }
        Some(fleet)
    }

    fn started(&mut self) -> Process {
        self.homes += 1;
        self.rig
            .process(&format!("home{}", self.homes), LEASE_SECONDS)
    }

    async fn submit(&mut self, count: usize) {
        for _ in 0..count {
            let nth = self.sessions.len();
            let (chat, words) = (self.kind.chat(nth), format!("job {nth}"));
            let channel = self.kind.channel();
            let submitting =
                self.rig
                    .submit_through(&self.harnesses, "acme", &words, channel, &chat);
            let id = submitting.await;
            self.sessions.push((chat, id));
        }
    }

    /// Chats that a message is being sent to.
    fn sending(&self) -> Vec<String> {
        let (requests, now_ms) = match self.kind {
            Kind::Keyed => sending(&self.rig.world.feishu(), self.kind.route()),
            Kind::Keyless => sending(&self.rig.world.slack(), self.kind.route()),
        };
        requests
            .into_iter()
            .filter(|(_, at_ms)| at_ms + LATENCY_MS > now_ms)
            .map(|(chat, _)| chat)
            .collect()
    }

    /// A session that is being sent for, and which of the workers does it.
    async fn caught(&self) -> (String, usize) {
        let begun = Instant::now();
        let known: HashMap<&str, &str> = self
            .sessions
            .iter()
            .map(|(chat, id)| (chat.as_str(), id.as_str()))
            .collect();
        loop {
            for chat in self.sending() {
                let Some(id) = known.get(chat.as_str()) else {
                    continue;
                };
                let owner = self.owner(id).await;
                let at = self.workers.iter().position(|worker| {
                    owner.as_deref() == Some(format!("worker-{}", worker.pid()).as_str())
                });
                if let Some(at) = at {
                    return ((*id).to_owned(), at);
                }
            }
            assert!(begun.elapsed() < CAUGHT_WITHIN, "nobody sends");
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn owner(&self, session_id: &str) -> Option<String> {
        let statement = "select owner from session where session_id = $1 and token is not null";
        let rows = self
            .rig
            .database
            .rows(statement, &[(&session_id, Type::TEXT)])
            .await;
        rows.unwrap().first().and_then(|row| row.get(0))
    }

    /// How long until a session isn't this worker's any more.
    async fn taken_over(&self, session_id: &str, worker: u32, since: Instant) -> Duration {
        let name = format!("worker-{worker}");
        while self.owner(session_id).await.as_ref() == Some(&name) {
            assert!(since.elapsed() < CAUGHT_WITHIN, "nobody takes it over");
            tokio::time::sleep(LOOK).await;
        }
        since.elapsed()
    }

    /// Every session has ended; how many messages stand in each chat.
    async fn counts(&self) -> Vec<usize> {
        self.rig.ended().await;
        let chats = self.sessions.iter().map(|(chat, _)| chat);
        chats.map(|chat| self.rig.shown(chat)).collect()
    }

    /// How many messages of a chat without keys are results' links, and how many say that a result may not have arrived.
    fn texts(&self, chat: &str) -> (usize, usize) {
        let messages = self.rig.world.slack().channel(chat).messages();
        let is_result = |text: &str| !text.contains('⚠');
        let results = messages.iter().filter(|sent| is_result(&sent.text)).count();
        (results, messages.len() - results)
    }

    /// Looks how many messages of unknown outcome each chat's session has, where it has any.
    async fn look_for_unknown(&mut self) {
        let statement = "select s.session_id, count(*) from uncertain u join (
                select tenant, scope, substring(convert_from(bytes, 'UTF8') from '\"session_id\":\"([^\"]+)\"') as session_id
                from record where path like '%/asked-0001') s on s.tenant = u.tenant and u.path like 'sessions/' || s.scope || '/%'
            group by s.session_id";
        let rows = self.rig.database.rows(statement, &[]).await.unwrap();
        let chat = |id: &str| {
            let mut sessions = self.sessions.iter();
            let found = sessions.find(|(_, known)| known == id);
            found.map(|(chat, _)| chat.clone())
        };
        let seen: Vec<(String, i64)> = rows
            .iter()
            .filter_map(|row| Some((chat(row.get(0))?, row.get(1))))
            .collect();
        self.unknown.extend(seen);
    }

    /// Nothing was sent twice, and whatever may not have arrived is known to be so and told in a message of its own, once: unless
    /// that one's sender was stopped as well.
    async fn nothing_twice_and_the_rest_told(&mut self) {
        self.look_for_unknown().await;
        let mut messages = 0;
        for (chat, _) in &self.sessions {
            let (results, notices) = self.texts(chat);
            let unknown = self.unknown.get(chat).copied().unwrap_or_default();
            let seen = format!("{chat}: {results} results, {notices} notices, {unknown} unknown");
            assert!(results <= 1 && notices <= 1, "{seen}");
            match unknown {
                0 => assert_eq!((results, notices), (1, 0), "{seen}"),
                1 => assert_eq!(notices, 1, "{seen}"),
                // The notice's own outcome isn't known either.
                more => assert_eq!(more, 2, "{seen}"),
            }
            messages += results + notices;
        }
        let attempts = self.rig.world.slack().attempts();
        let attempts = attempts
            .iter()
            .filter(|attempt| attempt.method == "chat.postMessage");
        assert_eq!(attempts.count(), messages, "none is sent again");
        println!(
            "{} uncertain of {}",
            self.unknown.len(),
            self.sessions.len()
        );
    }
}

/// The chats of requests that aren't answered, when they came, and the time by the same clock.
fn sending(fake: &impl Fake, route: &str) -> (Vec<(String, u64)>, u64) {
    let requests = fake.requests_to(route);
    let waiting = requests.iter().filter(|request| request.status.is_none());
    let chat = |body: &serde_json::Value| {
        let chat = body["receive_id"].as_str().or(body["channel"].as_str());
        chat.map(str::to_owned)
    };
    let waiting = waiting.filter_map(|request| Some((chat(request.json()?)?, request.at_ms)));
    (waiting.collect(), fake.now_ms())
}

/// Kills whoever sends, and starts another one in its place; how long it took until somebody had its session.
async fn kill_senders(fleet: &mut Fleet) -> Vec<Duration> {
    let mut taken = Vec::new();
    for _ in 0..times() {
        fleet.submit(JOBS_EACH).await;
        let (session, at) = fleet.caught().await;
        let pid = fleet.workers[at].pid();
        fleet.workers[at].kill();
        let since = Instant::now();
        taken.push(fleet.taken_over(&session, pid, since).await);
        fleet.workers[at] = fleet.started();
        fleet.look_for_unknown().await;
    }
    taken
}

fn in_time(mut taken: Vec<Duration>) {
    taken.sort();
    println!(
        "{} killed while they sent; taken over after {:.1?} at the median and {:.1?} at most",
        taken.len(),
        taken[taken.len() / 2],
        taken[taken.len() - 1]
    );
    assert!(
        taken[taken.len() - 1] <= LEASE + Duration::from_secs(1),
        "{taken:.1?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn harnesses_killed_while_they_send_lose_nothing_and_show_nothing_twice_where_messages_have_a_key()
 {
    let Some(mut fleet) = Fleet::new(Kind::Keyed).await else {
        return;
    };
    let taken = kill_senders(&mut fleet).await;
    let counts = fleet.counts().await;
    assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
    assert_eq!(fleet.rig.world.gateway().submits().len(), counts.len());
    in_time(taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_a_key_whose_sender_is_killed_is_uncertain_and_never_sent_again() {
    let Some(mut fleet) = Fleet::new(Kind::Keyless).await else {
        return;
    };
    let taken = kill_senders(&mut fleet).await;
    fleet.rig.ended().await;
    fleet.nothing_twice_and_the_rest_told().await;
    assert!(fleet.unknown.len() >= taken.len() / 2);
    in_time(taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn harnesses_that_stand_still_while_they_send_lose_nothing_and_show_nothing_twice() {
    for kind in [Kind::Keyed, Kind::Keyless] {
        let Some(mut fleet) = Fleet::new(kind).await else {
            return;
        };
        for _ in 0..times() {
            fleet.submit(JOBS_EACH).await;
            let (_, at) = fleet.caught().await;
            fleet.workers[at].signal("STOP");
            // From half a lease to three.
            let part = 0.5 + 2.5 * fastrand::f64();
            tokio::time::sleep(LEASE.mul_f64(part)).await;
            fleet.workers[at].signal("CONT");
            fleet.look_for_unknown().await;
        }
        fleet.rig.ended().await;
        match kind {
            Kind::Keyed => {
                let counts = fleet.counts().await;
                assert!(counts.iter().all(|count| *count == 1), "{counts:?}");
            }
            Kind::Keyless => fleet.nothing_twice_and_the_rest_told().await,
        }
        let submits = fleet.rig.world.gateway().submits();
        assert_eq!(submits.len(), fleet.sessions.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zombie_that_wakes_after_the_takeover_stores_nothing_and_sends_no_second_message() {
    let Some(mut fleet) = Fleet::new(Kind::Keyed).await else {
        return;
    };
    fleet.submit(1).await;
    let (session, at) = fleet.caught().await;
    let zombie = fleet.workers[at].pid();
    fleet.workers[at].signal("STOP");
    let since = Instant::now();
    fleet.taken_over(&session, zombie, since).await;
    let counts = fleet.counts().await;
    assert_eq!(counts, [1]);
    let (attempts, records) = (fleet.rig.world.feishu().attempts(), fleet.records().await);
    fleet.workers[at].signal("CONT");
    // It renews, stores and sends within a third of its lease, if it does at all.
    tokio::time::sleep(LEASE).await;
    assert_eq!(fleet.rig.world.feishu().attempts(), attempts);
    assert_eq!(fleet.records().await, records);
    let metrics = fleet.workers[at].metrics().await;
    assert!(
        metrics.contains("libtv_fleet_fences_refused_total 1\n"),
        "{metrics}"
    );
}

impl Fleet {
    /// Everything that is stored of sessions.
    async fn records(&self) -> String {
        let statement = "select coalesce(string_agg(path || encode(bytes, 'hex') || changed_at, ',' order by path), '') from record";
        let row = self.rig.database.one(statement, &[]).await;
        row.unwrap().get(0)
    }
}
