//! The component's state in a PostgreSQL, in the place of the folder: for every call of the program under test and of the harnesses
//! in the tests themselves. Claims, leases, fences and transactions are the fleet's own; recipients, spending and keys stay in the
//! home, and so does the timer, which goes by the entries that are kept here for it. Not here: which tests run so.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use contract::kind::Kind;
use contract::state::{FOLDERS, PICTURES};
use fleet::claim::{Claimed, claim_one};
use fleet::clock::Moment;
use fleet::database::{Database, DatabaseError, Parameter, Type};
use fleet::lease::{End, Held, Name};
use fleet::metrics::Metrics;
use fleet::paths::{entry, scope_of};
use fleet::submit;
use host_harness::http::{Gate, Pending};
use host_harness::{Borrower, Change, Keeper, Lent, Lost, Records, StateStore};
use tokio::task::JoinHandle;

/// The database of the program under test.
pub const DATABASE: &str = "LIBTV_TEST_DATABASE";
/// Whose its state is there: each test's own tenant.
pub const TENANT: &str = "LIBTV_TEST_TENANT";

/// A session is a process's for so long without a word from it. What a killed process held is given on at once.
const LEASE: Duration = Duration::from_secs(10);
/// A call without a lease may send until then: no test takes longer.
const SENDS_FOR: Duration = Duration::from_secs(600);
/// Between two looks whether a session is free.
const LOOK: Duration = Duration::from_millis(20);
/// What is said to the database of the component: any word does.
const COMPONENT: &str = "under test";
/// What stands behind the readable part of an id in an entry's name: a dash and a digest.
const DIGEST_CHARS: usize = 13;
/// Where the component's entries are.
const ACTIVE: &str = "active/";

/// One test's state.
#[derive(Clone)]
pub struct OnPostgres {
    url: String,
    tenant: String,
    /// The timer's folder.
    active: PathBuf,
}

impl OnPostgres {
    /// What these variables say; none where the state is in the folder.
    pub fn of(lookup: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let text = |name| lookup(name)?.into_string().ok();
        let home = PathBuf::from(lookup("NEXU_HOME")?);
        Some(Self {
            url: text(DATABASE)?,
            tenant: text(TENANT)?,
            active: home.join("libtv-video/active"),
        })
    }

    /// Every record, as it is stored.
    ///
    /// # Errors
    /// The database's.
    pub async fn records(&self) -> Result<Vec<(String, Vec<u8>)>, DatabaseError> {
        let database = self.database()?;
        everything(&database, &self.tenant).await
    }

    /// Puts another record there, or none, behind the component's back; of an entry, none.
    ///
    /// # Errors
    /// The database's.
    pub async fn set(&self, path: &str, bytes: Option<&[u8]>) -> Result<(), DatabaseError> {
        let key = path.strip_prefix(ACTIVE).unwrap_or_default();
        let parameters: [Parameter<'_>; 5] = [
            (&self.tenant, Type::TEXT),
            (&path, Type::TEXT),
            (&bytes, Type::BYTEA),
            (&scope_of(path), Type::TEXT),
            (&key, Type::TEXT),
        ];
        let statement = "with gone as (
                delete from record where tenant = $1 and path = $2 and $3::bytea is null),
            entry as (delete from session where tenant = $1 and key = $5)
            insert into record (tenant, path, bytes, scope) select $1, $2, $3, $4 where $3::bytea is not null
            on conflict (tenant, path) do update set bytes = excluded.bytes";
        self.database()?.rows(statement, &parameters).await?;
        if !key.is_empty() {
            drop(std::fs::remove_file(self.active.join(key)));
        }
        Ok(())
    }

    /// One for each call: a test has many runtimes, and a connection belongs to one.
    fn database(&self) -> Result<Arc<Database>, DatabaseError> {
        Database::new(&self.url, None, 2).map(Arc::new)
    }

    async fn lent(&self, borrower: Borrower<'_>) -> Result<Lent, DatabaseError> {
        let database = self.database()?;
        let metrics = Arc::<Metrics>::default();
        let tenant = self.tenant.as_str();
        let until = Moment::now().plus(SENDS_FOR);
        if let (Kind::Poll | Kind::Cancel, Some(session)) = (borrower.kind, borrower.session)
            && let Some(claimed) = self.claimed(&database, session).await?
        {
            let held = Held::leased(
                &database,
                &metrics,
                claimed.name.clone(),
                claimed.token.clone(),
                (LEASE, claimed.until),
            );
            let keeping = Arc::clone(&held);
            let keeping = tokio::spawn(async move { keeping.kept().await });
            let key = Some(claimed.name.key);
            return Ok(self.given(database, held, claimed.records, key, Some(keeping)));
        }
        let (held, records) = match borrower.kind {
            Kind::Submit => {
                let held = Held::making(&database, &metrics, tenant, until);
                let mut records = submit::records(&database, tenant, borrower.session).await?;
                // Which of them its words name only the component knows here.
                let mut pictures = everything(&database, tenant).await?;
                pictures.retain(|(path, _)| path.starts_with(PICTURES));
                records.extend(pictures);
                (held, records)
            }
            Kind::Look
            | Kind::Poll
            | Kind::Upload
            | Kind::Download
            | Kind::Cancel
            | Kind::Settings
            | Kind::Check
            | Kind::Doctor => (
                Held::looking(&database, &metrics, tenant, until),
                everything(&database, tenant).await?,
            ),
        };
        Ok(self.given(database, held, records, None, None))
    }

    /// Claims the session whose id begins so, as soon as it is free; none where there is no such entry.
    async fn claimed(
        &self,
        database: &Database,
        session: &str,
    ) -> Result<Option<Claimed>, DatabaseError> {
        let process = std::process::id().to_string();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let readable = session.replace(|c| !plain(c), "_");
        loop {
            let parameters: [Parameter<'_>; 2] =
                [(&self.tenant, Type::TEXT), (&readable, Type::TEXT)];
            // An entry's name is the readable part of the id, and a digest.
            let wanted = "select key, owner from session where tenant = $1 and not ended
                and starts_with(key, $2) order by length(key)";
            let rows = database.rows(wanted, &parameters).await?;
            let is_its = |key: &str| key == readable || key.len() == readable.len() + DIGEST_CHARS;
            let Some(row) = rows
                .first()
                .filter(|row| rows.len() == 1 || is_its(row.get(0)))
            else {
                return Ok(None);
            };
            let name = Name {
                tenant: self.tenant.clone(),
                key: row.get(0),
            };
            if let Some(claimed) = claim_one(database, &process, COMPONENT, LEASE, &name).await? {
                return Ok(Some(claimed));
            }
            let owner: Option<String> = row.get(1);
            if let Some(owner) = owner
                && !Path::new("/proc").join(&owner).exists()
            {
                // As if its lease had ended just now.
                let over = "update session set lease_until = now() where tenant = $1 and key = $2 and owner = $3";
                let parameters: [Parameter<'_>; 3] = [
                    (&self.tenant, Type::TEXT),
                    (&name.key, Type::TEXT),
                    (&owner, Type::TEXT),
                ];
                database.rows(over, &parameters).await?;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn given(
        &self,
        database: Arc<Database>,
        held: Arc<Held>,
        records: Vec<(String, Vec<u8>)>,
        leased: Option<String>,
        keeping: Option<JoinHandle<()>>,
    ) -> Lent {
        let mirror = Arc::new(Mirror {
            held: Arc::clone(&held),
            database,
            state: self.clone(),
        });
        let keeper = Arc::clone(&mirror) as Arc<dyn Keeper>;
        let records = Arc::new(Records::new(records, keeper).with_folders(FOLDERS));
        let (is_alone, gate) = (held.is_alone(), Arc::clone(&held) as Arc<dyn Gate>);
        let given = Arc::clone(&records);
        // Also where the call is dropped: its lease then ends by itself.
        let keeping = Keeping(keeping);
        Lent {
            records: given,
            gate,
            is_alone,
            take_back: Box::new(move |is_whole| {
                Box::pin(async move {
                    drop(keeping);
                    let unsaved = match is_whole {
                        true => records.unsaved(),
                        false => Vec::new(),
                    };
                    mirror.end(unsaved, leased).await;
                })
            }),
        }
    }
}

impl StateStore for OnPostgres {
    fn lend<'a>(&'a self, borrower: Borrower<'a>) -> Pending<'a, Result<Lent, String>> {
        Box::pin(async move { self.lent(borrower).await.map_err(|error| error.to_string()) })
    }
}

/// Renews a lease until it is dropped.
struct Keeping(Option<JoinHandle<()>>);

impl Drop for Keeping {
    fn drop(&mut self) {
        if let Some(keeping) = &self.0 {
            keeping.abort();
        }
    }
}

/// Everything that a tenant has, and the entries of what goes on.
async fn everything(
    database: &Database,
    tenant: &str,
) -> Result<Vec<(String, Vec<u8>)>, DatabaseError> {
    let parameters: [Parameter<'_>; 1] = [(&tenant, Type::TEXT)];
    // At one moment: a session that ends between two looks would be neither among what goes on nor among what has ended.
    let rows = "select path, bytes, null from record where tenant = $1
        union all select null, null, key from session where tenant = $1 and not ended";
    let rows = database.rows(rows, &parameters).await?;
    let all = rows.iter().map(|row| match row.get(2) {
        Some(key) => entry(key),
        None => (row.get(0), row.get(1)),
    });
    Ok(all.collect())
}

/// The fleet's records of a call, with the entries in the timer's folder.
struct Mirror {
    held: Arc<Held>,
    database: Arc<Database>,
    state: OnPostgres,
}

impl Mirror {
    async fn end(&self, unsaved: Vec<Change>, leased: Option<String>) {
        let entries = entries(&unsaved);
        let stored = match &leased {
            Some(_) => self.held.end(unsaved, &End::default()).await,
            None => self.held.end_of_making(unsaved).await,
        };
        // What couldn't be stored never happened.
        if stored.is_ok() {
            self.show(entries, true).await;
        }
        self.show(leased.into_iter().collect(), false).await;
    }

    /// Makes the folder's entries those that are stored; one that is there is written anew where the component has done so: a
    /// changed entry is one to look at.
    async fn show(&self, keys: Vec<String>, anew: bool) {
        for key in keys {
            let path = self.state.active.join(&key);
            if self.is_going_on(&key).await {
                if anew || !path.exists() {
                    drop(std::fs::create_dir_all(&self.state.active));
                    drop(std::fs::write(&path, b""));
                }
                continue;
            }
            drop(std::fs::remove_file(&path));
            // Another call may have put it there in between.
            if self.is_going_on(&key).await {
                drop(std::fs::write(&path, b""));
            }
        }
    }

    async fn is_going_on(&self, key: &str) -> bool {
        let statement = "select 1 from session where tenant = $1 and key = $2 and not ended";
        let parameters: [Parameter<'_>; 2] = [(&self.state.tenant, Type::TEXT), (&key, Type::TEXT)];
        let rows = self.database.rows(statement, &parameters).await;
        rows.is_ok_and(|rows| !rows.is_empty())
    }
}

/// The entries among changes.
fn entries(changes: &[Change]) -> Vec<String> {
    let keys = changes
        .iter()
        .filter_map(|change| change.path.strip_prefix(ACTIVE));
    keys.map(str::to_owned).collect()
}

#[async_trait::async_trait]
impl Keeper for Mirror {
    async fn commit(&self, changes: Vec<Change>) -> Result<(), Lost> {
        let entries = entries(&changes);
        self.held.commit(changes).await?;
        self.show(entries, true).await;
        Ok(())
    }

    async fn claim(
        &self,
        changes: Vec<Change>,
        path: &str,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, Lost> {
        let entries = entries(&changes);
        let taken = self.held.claim(changes, path, bytes).await?;
        self.show(entries, true).await;
        Ok(taken)
    }

    async fn shared(&self, folder: &str) -> Result<Option<Vec<(String, Vec<u8>)>>, Lost> {
        self.held.shared(folder).await
    }
}
