//! The arguments of `libtv-video fleet`: what there is stands in the contract's table, and clap reads them by that.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::error::ErrorKind;
use clap::{ArgMatches, Command};
use contract::commands::{self, Value};
use grammar::Program;

use crate::tenants::Tenant;
use crate::worker::Options;

/// Jobs of a demonstration: enough that some are being sent at every moment.
#[cfg(feature = "demo")]
const DEMO_JOBS: u64 = 60;
/// Its leases: whoever looks on waits for one to end.
#[cfg(feature = "demo")]
const DEMO_LEASE_SECONDS: u64 = 5;

/// What was asked for.
#[derive(Debug)]
pub(super) struct Line {
    /// The database's address, where it was given.
    pub database: Option<String>,
    /// The file with its authority, where it was given.
    pub database_ca: Option<PathBuf>,
    /// What to do.
    pub action: Action,
}

/// What there is to be done.
#[derive(Debug)]
pub(super) enum Action {
    /// The tables are brought up to date.
    Migrate,
    /// What is due is polled and delivered.
    Serve(Serve),
    /// A tenant's request is submitted.
    Submit(Submitting),
    /// A picture or film is uploaded for a request.
    Upload(Uploading),
    /// How the tenants stand is shown.
    Status,
    /// A home's jobs become a tenant's.
    Import(Moving),
    /// A tenant's jobs become a home's.
    Export(Moving),
    /// The demonstration.
    #[cfg(feature = "demo")]
    Demo(crate::demo::Wanted),
    /// Something is done to the tenants.
    Tenant(TenantAction),
}

/// How to serve.
#[derive(Debug)]
pub(super) struct Serve {
    /// Steps at once.
    pub parallel: usize,
    /// How long a session is a silent process's, in seconds. Whether that is too short or too long is judged where it is used:
    /// this reads.
    pub lease_seconds: u64,
    /// Where health and figures are; nowhere where it isn't given, since whoever runs many processes on one machine has to say
    /// which address is whose.
    pub listen: Option<SocketAddr>,
    /// The process's own folder.
    pub home: Option<PathBuf>,
}

/// What to submit.
#[derive(Debug)]
pub(super) struct Submitting {
    /// Whose it is.
    pub tenant: String,
    /// The session that it continues.
    pub session_id: Option<String>,
    /// Where the results go, as far as it was said. Whether there is such a channel the component says, which takes its name in
    /// whatever case.
    pub channel: Option<String>,
    /// Which account writes there.
    pub account: Option<String>,
    /// The chat there.
    pub chat_id: Option<String>,
    /// A topic of it.
    pub thread: Option<String>,
    /// A message of it.
    pub reply_to: Option<String>,
    /// Who makes it.
    pub service: Option<String>,
    /// How it is to look.
    pub ratio: Option<String>,
    /// The process's own folder.
    pub home: Option<PathBuf>,
    /// The user's words.
    pub words: String,
}

/// What to upload.
#[derive(Debug)]
pub(super) struct Uploading {
    /// Whose it is.
    pub tenant: String,
    /// The picture or film.
    pub file: PathBuf,
    /// The service of the request that will name it.
    pub service: Option<String>,
    /// The process's own folder.
    pub home: Option<PathBuf>,
}

/// Whose jobs go where.
#[derive(Debug)]
pub(super) struct Moving {
    /// Whose they become, or are.
    pub tenant: String,
    /// The home. No harness polls it meanwhile, which its lock makes sure of.
    pub home: PathBuf,
}

/// What to do to the tenants.
#[derive(Debug)]
pub(super) enum TenantAction {
    /// One is added, or changed.
    Add(Tenant),
    /// They are shown.
    List,
    /// No more steps of it are begun.
    Pause(String),
    /// It goes on.
    Resume(String),
    /// It is removed.
    Remove {
        /// Which one.
        name: String,
        /// Also with sessions that go on.
        force: bool,
    },
}

/// Reads the arguments behind `fleet`. Options of the database may stand before and behind the command.
///
/// # Errors
/// What clap says: also where help was asked for.
pub(super) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Line, clap::Error> {
    let mut table = table().ok_or_else(|| clap::Error::new(ErrorKind::InvalidSubcommand))?;
    let matches = table.try_get_matches_from_mut(arguments)?;
    let action = matches
        .subcommand()
        .map(|(name, of)| action(name, of))
        .unwrap_or_else(|| Err("a command is missing".to_owned()));
    Ok(Line {
        database: matches.get_one("database").cloned(),
        database_ca: matches.get_one("database-ca").cloned(),
        action: action.map_err(|reason| table.error(ErrorKind::InvalidValue, reason))?,
    })
}

/// The table's entry as clap has it.
fn table() -> Option<Command> {
    let entry = commands::find("fleet")?;
    let translated = grammar::command(entry, false, &Own)
        .bin_name("libtv-video fleet")
        .no_binary_name(true)
        // It would stand beside those of the table, and in no document.
        .disable_help_subcommand(true)
        // Whoever types `fleet` alone is to see what there is, and not that something is missing.
        .arg_required_else_help(true)
        .mut_subcommand("tenant", |tenant| tenant.arg_required_else_help(true));
    Some(translated)
}

/// What this program adds to the table.
struct Own;

impl Program for Own {
    fn is_built(&self, feature: &str) -> bool {
        feature != "demo" || cfg!(feature = "demo")
    }

    fn parser(&self, _: &str, _: &str, _: Value) -> Option<ValueParser> {
        None
    }

    fn default_of(&self, command: &str, name: &str) -> Option<String> {
        let number = match (command, name) {
            ("serve", "parallel") => Options::default().parallel as u64,
            ("serve", "lease-seconds") => Options::default().lease.as_secs(),
            #[cfg(feature = "demo")]
            ("demo", "jobs") => DEMO_JOBS,
            #[cfg(feature = "demo")]
            ("demo", "lease-seconds") => DEMO_LEASE_SECONDS,
            _ => return None,
        };
        Some(number.to_string())
    }

    fn after_help(&self, _: &str) -> Option<String> {
        None
    }
}

/// # Errors
/// Why the matches of a command can't be used, for people.
fn action(name: &str, of: &ArgMatches) -> Result<Action, String> {
    Ok(match name {
        "migrate" => Action::Migrate,
        "serve" => Action::Serve(Serve {
            parallel: number(of, "parallel")?.unwrap_or(Options::default().parallel),
            lease_seconds: number(of, "lease-seconds")?
                .unwrap_or(Options::default().lease.as_secs()),
            listen: of.get_one("listen").copied(),
            home: of.get_one("home").cloned(),
        }),
        "submit" => Action::Submit(Submitting {
            tenant: needed(of, "tenant")?,
            session_id: of.get_one("session-id").cloned(),
            channel: of.get_one("channel").cloned(),
            account: of.get_one("account").cloned(),
            chat_id: of.get_one("chat-id").cloned(),
            thread: of.get_one("thread").cloned(),
            reply_to: of.get_one("reply-to").cloned(),
            service: of.get_one("service").cloned(),
            ratio: of.get_one("ratio").cloned(),
            home: of.get_one("home").cloned(),
            words: needed(of, "TEXT")?,
        }),
        "upload" => Action::Upload(Uploading {
            tenant: needed(of, "tenant")?,
            file: needed(of, "file")?,
            service: of.get_one("service").cloned(),
            home: of.get_one("home").cloned(),
        }),
        "status" => Action::Status,
        "import" => Action::Import(moving(of)?),
        "export" => Action::Export(moving(of)?),
        #[cfg(feature = "demo")]
        "demo" => Action::Demo(crate::demo::Wanted {
            jobs: number(of, "jobs")?.unwrap_or(DEMO_JOBS as usize),
            lease_seconds: number(of, "lease-seconds")?.unwrap_or(DEMO_LEASE_SECONDS),
        }),
        // `tenant`, the one that is left; a test goes through all of the table.
        _ => Action::Tenant(tenant_action(of)?),
    })
}

fn moving(of: &ArgMatches) -> Result<Moving, String> {
    Ok(Moving {
        tenant: needed(of, "tenant")?,
        home: needed(of, "home")?,
    })
}

fn tenant_action(of: &ArgMatches) -> Result<TenantAction, String> {
    let (name, of) = of.subcommand().ok_or("a command is missing")?;
    Ok(match name {
        "add" => TenantAction::Add(Tenant {
            id: needed(of, "NAME")?,
            cap_in_flight: number(of, "cap")?,
            steps_per_minute: number(of, "steps-per-minute")?,
            jobs_per_day: number(of, "jobs-per-day")?,
            jobs_per_chat_per_day: number(of, "jobs-per-chat-per-day")?,
            variables: pairs(of, "set"),
            secrets: pairs(of, "secret"),
        }),
        "list" => TenantAction::List,
        "pause" => TenantAction::Pause(needed(of, "NAME")?),
        "resume" => TenantAction::Resume(needed(of, "NAME")?),
        // `remove`, in the same way.
        _ => TenantAction::Remove {
            name: needed(of, "NAME")?,
            force: of.get_flag("force"),
        },
    })
}

/// What clap has made sure of.
fn needed<T: Clone + Send + Sync + 'static>(of: &ArgMatches, name: &str) -> Result<T, String> {
    let given: Option<T> = of.get_one(name).cloned();
    given.ok_or_else(|| format!("{name} is missing"))
}

/// A number, where it was given and is one that this program can count to.
fn number<T: TryFrom<u64>>(of: &ArgMatches, name: &str) -> Result<Option<T>, String> {
    let number: Option<u64> = of.get_one(name).copied();
    // Cut off it would be another number, and nobody would be told.
    let number = number.map(T::try_from).transpose();
    number.map_err(|_| format!("--{name} is too large"))
}

/// The last value of each name counts.
fn pairs<T: FromIterator<(String, String)>>(of: &ArgMatches, name: &str) -> T {
    let given = of.get_many::<(String, String)>(name);
    given.into_iter().flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Line, clap::Error> {
        read(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn every_command_of_the_table_is_read_as_what_it_is_called() {
        let table = table().unwrap();
        table.clone().debug_assert();
        let needs = |name: &str| match name {
            "submit" => "submit --tenant a words",
            "upload" => "upload --tenant a --file /f",
            "import" => "import --tenant a --home /h",
            "export" => "export --tenant a --home /h",
            "tenant" => "tenant list",
            "add" => "tenant add a",
            "list" => "tenant list",
            "pause" => "tenant pause a",
            "resume" => "tenant resume a",
            "remove" => "tenant remove a --force",
            _ => "",
        };
        let known = table.get_subcommands();
        let below = table.find_subcommand("tenant").unwrap().get_subcommands();
        for name in known.chain(below).map(Command::get_name) {
            let line = Some(needs(name)).filter(|line| !line.is_empty());
            let read = match of(line.unwrap_or(name)).unwrap().action {
                Action::Migrate => "migrate",
                Action::Serve(_) => "serve",
                Action::Submit(_) => "submit",
                Action::Upload(_) => "upload",
                Action::Status => "status",
                Action::Import(_) => "import",
                Action::Export(_) => "export",
                #[cfg(feature = "demo")]
                Action::Demo(_) => "demo",
                Action::Tenant(_) if name == "tenant" => "tenant",
                Action::Tenant(TenantAction::Add(_)) => "add",
                Action::Tenant(TenantAction::List) => "list",
                Action::Tenant(TenantAction::Pause(_)) => "pause",
                Action::Tenant(TenantAction::Resume(_)) => "resume",
                Action::Tenant(TenantAction::Remove { .. }) => "remove",
            };
            assert_eq!(read, name);
        }
    }

    #[test]
    fn the_database_may_be_named_before_and_behind_the_command() {
        for line in ["--database d status", "status --database d"] {
            assert_eq!(of(line).unwrap().database.as_deref(), Some("d"), "{line}");
        }
        assert_eq!(of("status").unwrap().database, None);
    }

    #[test]
    fn a_tenant_has_as_many_variables_and_references_as_are_given() {
        let line = "tenant add a --cap 3 --set A=1 --set B=x=y --secret K=env:E";
        let Action::Tenant(TenantAction::Add(tenant)) = of(line).unwrap().action else {
            panic!("{line}");
        };
        assert_eq!((tenant.id.as_str(), tenant.cap_in_flight), ("a", Some(3)));
        let variables: Vec<_> = tenant.variables.into_iter().collect();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(variables, [pair("A", "1"), pair("B", "x=y")]);
        assert_eq!(tenant.secrets.len(), 1);
    }

    #[test]
    fn what_may_be_a_secret_is_not_repeated_and_what_is_missing_or_too_large_is_named() {
        for (line, said) in [
            ("tenant add a --secret mgk_hidden", "NAME=VALUE"),
            ("tenant add a --cap 3000000000", "--cap is too large"),
            ("submit words", "--tenant"),
            ("submit --tenant a", "<TEXT>"),
            ("import --tenant a", "--home"),
            ("tenant", "add"),
        ] {
            let error = of(line).unwrap_err().to_string();
            assert!(error.contains(said), "{line}: {error}");
        }
    }

    #[test]
    fn help_says_what_there_is_and_what_counts_where_nothing_is_given() {
        let text = |line: &str| of(line).unwrap_err().to_string();
        let all = text("--help");
        for said in [
            "LIBTV_FLEET_DATABASE",
            "migrate",
            "Costs that tenant money",
            "--database-ca",
        ] {
            assert!(all.contains(said), "{said}: {all}");
        }
        let serve = text("serve --help");
        for said in [
            "[default: 64]",
            "[default: 30]",
            "/metrics",
            "libtv-video fleet serve",
        ] {
            assert!(serve.contains(said), "{said}: {serve}");
        }
    }
}
