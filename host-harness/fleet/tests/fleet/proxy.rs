//! Between a worker and the database: a proxy that reads the protocol and does something to one statement, or to every so
//! many pieces of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What every transaction of a call holds, and nothing else.
const BARRIER: &[u8] = b"fence as";

/// What becomes of a barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The connection dies before the statement arrives.
    NeverArrives,
    /// The database refuses it.
    Fails,
    /// It is done, and the connection dies before its answer arrives.
    AnswerLost,
    /// It is done, and its answer never comes; the connection stays.
    Hangs,
}

impl Fate {
    pub const ALL: [Self; 4] = [
        Self::NeverArrives,
        Self::Fails,
        Self::AnswerLost,
        Self::Hangs,
    ];
}

/// The proxy.
pub struct Proxy {
    pub port: u16,
    plan: Arc<Plan>,
}

#[derive(Default)]
struct Plan {
    behind: u16,
    /// Which barrier, from 1, and what becomes of it.
    barrier: Option<(u32, Fate)>,
    barriers: AtomicU32,
    /// Each so-manieth message from either side is dropped together with its connection, while that is on.
    every: u32,
    cuts: AtomicBool,
    messages: AtomicU32,
    done: AtomicU32,
}

impl Proxy {
    /// In front of this port; one barrier has this fate.
    pub async fn at_barrier(behind: u16, barrier: Option<(u32, Fate)>) -> Self {
        Self::start(Plan {
            behind,
            barrier,
            every: u32::MAX,
            ..Plan::default()
        })
        .await
    }

    /// In front of this port; each `every`th message is cut off, while [`cuts`](Self::cuts) is on.
    pub async fn cutting(behind: u16, every: u32) -> Self {
        Self::start(Plan {
            behind,
            every,
            ..Plan::default()
        })
        .await
    }

    async fn start(plan: Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let plan = Arc::new(plan);
        let shared = Arc::clone(&plan);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let plan = Arc::clone(&shared);
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", plan.behind)).await else {
                        return;
                    };
                    plan.serve(client, server).await;
                });
            }
        });
        Self { port, plan }
    }

    pub fn cuts(&self, on: bool) {
        self.plan.cuts.store(on, Ordering::Relaxed);
    }

    /// How often something was done to a connection.
    pub fn done(&self) -> u32 {
        self.plan.done.load(Ordering::Relaxed)
    }

    /// Barriers that came by.
    pub fn barriers(&self) -> u32 {
        self.plan.barriers.load(Ordering::Relaxed)
    }
}

/// What the half from the server is to do with what comes.
#[derive(Default)]
struct Answers {
    withheld: AtomicBool,
    /// The statement whose answer is withheld was done.
    answered: Notify,
}

impl Plan {
    /// The first half that ends takes the other with it: the connection is dead on both sides.
    async fn serve(&self, client: TcpStream, server: TcpStream) {
        let (mut from_client, to_client) = client.into_split();
        let (from_server, mut to_server) = server.into_split();
        let answers = Answers::default();
        tokio::select! {
            () = self.questions(&mut from_client, &mut to_server, &answers) => {}
            () = self.answers(from_server, to_client, &answers) => {}
        }
    }

    async fn questions(
        &self,
        from: &mut OwnedReadHalf,
        to: &mut OwnedWriteHalf,
        answers: &Answers,
    ) {
        // The first message has no kind in front of it.
        let mut is_first = true;
        while let Some(mut message) = read(from, is_first).await {
            let kind = if is_first { 0 } else { message[0] };
            is_first = false;
            if self.is_cut() {
                return;
            }
            match self.fate(kind, &message) {
                None => {}
                Some(Fate::NeverArrives) => return,
                // Refused by the database itself: answers come in the order of the questions, and others may be on their way.
                Some(Fate::Fails) => spoil(&mut message),
                Some(Fate::AnswerLost) => {
                    answers.withheld.store(true, Ordering::Relaxed);
                    if to.write_all(&message).await.is_err() || !pass_statement(from, to).await {
                        return;
                    }
                    answers.answered.notified().await;
                    return;
                }
                Some(Fate::Hangs) => answers.withheld.store(true, Ordering::Relaxed),
            }
            if to.write_all(&message).await.is_err() {
                return;
            }
        }
    }

    async fn answers(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, answers: &Answers) {
        while let Some(message) = read(&mut from, false).await {
            if self.is_cut() {
                return;
            }
            if answers.withheld.load(Ordering::Relaxed) {
                // Ready for the next one: the last one is done.
                if message[0] == b'Z' {
                    answers.answered.notify_one();
                }
                continue;
            }
            if to.write_all(&message).await.is_err() {
                return;
            }
        }
    }

    fn fate(&self, kind: u8, message: &[u8]) -> Option<Fate> {
        let is_barrier = kind == b'P' && message.windows(BARRIER.len()).any(|part| part == BARRIER);
        if !is_barrier {
            return None;
        }
        let nth = self.barriers.fetch_add(1, Ordering::Relaxed) + 1;
        let (wanted, fate) = self.barrier?;
        if nth != wanted {
            return None;
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        Some(fate)
    }

    fn is_cut(&self) -> bool {
        let nth = self.messages.fetch_add(1, Ordering::Relaxed);
        let is_cut = self.cuts.load(Ordering::Relaxed) && nth % self.every == self.every - 1;
        self.done.fetch_add(u32::from(is_cut), Ordering::Relaxed);
        is_cut
    }
}

/// The rest of a statement.
async fn pass_statement(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) -> bool {
    while let Some(message) = read(from, false).await {
        if to.write_all(&message).await.is_err() {
            return false;
        }
        if message[0] == b'S' {
            return true;
        }
    }
    false
}

/// One message, as PostgreSQL's protocol has it: a kind (but for the first one), a length, and so many bytes.
async fn read(from: &mut OwnedReadHalf, is_first: bool) -> Option<Vec<u8>> {
    let head = if is_first { 4 } else { 5 };
    let mut message = vec![0; head];
    from.read_exact(&mut message).await.ok()?;
    let length = u32::from_be_bytes(message[head - 4..].try_into().ok()?) as usize;
    message.resize(head - 4 + length, 0);
    from.read_exact(&mut message[head..]).await.ok()?;
    Some(message)
}

/// Makes something of a statement that can't be one.
fn spoil(message: &mut [u8]) {
    let at = message
        .windows(BARRIER.len())
        .position(|part| part == BARRIER);
    if let Some(at) = at {
        message[at..at + BARRIER.len()].fill(b'!');
    }
}
