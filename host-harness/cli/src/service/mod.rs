//! `service`: puts the definition where this system's service manager looks, and speaks to that. What the service would miss
//! of this shell is said before it is missed. Not here: the definitions (`definition.rs`), the managers (`manager.rs`).

mod definition;
mod manager;

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use host::{Environment, Home};

use super::{FAILED, environment, polled, print};
pub(crate) use manager::Manager;
use manager::Order;

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Print the definition.
    Print(Manager),
    /// Put it into its place, and start it.
    Install,
    /// Take it away.
    Uninstall,
    /// Start what is installed.
    Start,
    /// Stop it.
    Stop,
    /// Say what runs.
    Status,
}

/// Does it; 1 where it can't be done, and for `status` where nothing polls.
pub(crate) fn run(action: Action) -> u8 {
    let done = match action {
        Action::Print(manager) => definition_of(manager).map(|text| {
            print::out(text.trim_end());
            true
        }),
        Action::Install => install(),
        Action::Uninstall => uninstall(),
        Action::Start => order(Order::Start, "✅ Started"),
        Action::Stop => order(
            Order::Stop,
            "✅ Stopped; it begins again at the next log-in",
        ),
        Action::Status => status(),
    };
    match done {
        Ok(true) => 0,
        Ok(false) => FAILED,
        Err(reason) => {
            print::error(&reason);
            FAILED
        }
    }
}

fn definition_of(manager: Manager) -> Result<String, String> {
    let path = std::env::current_exe()
        .map_err(|error| format!("Where this program is can't be found out: {error}"))?;
    let home = std::env::var("NEXU_HOME")
        .ok()
        .filter(|home| !home.is_empty());
    let program = definition::Program {
        path: &path,
        home: home.as_deref(),
    };
    Ok(definition::text(manager, &program))
}

fn install() -> Result<bool, String> {
    let manager = Manager::native();
    let place = place(manager)?;
    let text = definition_of(manager)?;
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).map_err(|error| cannot("made", folder, &error))?;
    }
    fs::write(&place, manager.written(&text)).map_err(|error| cannot("written", &place, &error))?;
    manager.tell(Order::Take, &place)?;
    print::out(&format!("✅ Installed and started: {}", place.display()));
    for line in missing(manager) {
        print::out(&line);
    }
    if manager == Manager::Systemd {
        print::out("→ To have it run also while nobody is logged in: loginctl enable-linger");
    }
    Ok(true)
}

fn uninstall() -> Result<bool, String> {
    let manager = Manager::native();
    let place = place(manager)?;
    if !place.exists() {
        print::out(&format!("ℹ️ No service is installed: {}", place.display()));
        return Ok(true);
    }
    let told = manager.tell(Order::Forget, &place);
    // Also where the manager knows nothing of it any more: what lies there would start at the next log-in.
    fs::remove_file(&place).map_err(|error| cannot("removed", &place, &error))?;
    told?;
    print::out(&format!("✅ Stopped and removed: {}", place.display()));
    Ok(true)
}

fn order(order: Order, done: &str) -> Result<bool, String> {
    let manager = Manager::native();
    let place = place(manager)?;
    if !place.exists() {
        return Err(
            "No service is installed. Do that first: libtv-video service install".to_owned(),
        );
    }
    manager.tell(order, &place)?;
    print::out(done);
    Ok(true)
}

/// What polls counts, whoever started it; the manager's word stands below.
fn status() -> Result<bool, String> {
    let manager = Manager::native();
    let place = place(manager)?;
    let poller = Home::at(environment::nexu_home()?).poller();
    match &poller {
        Some(poller) => print::out(&format!("✅ {}", polled::sentence(poller))),
        None => print::out("–  Nothing polls, so nothing is delivered by itself"),
    }
    let installed = if !place.exists() {
        "no service is installed"
    } else if manager.tell(Order::Ask, &place).is_ok() {
        "the service is installed, and runs"
    } else {
        "the service is installed, and does not run. Start it with: libtv-video service start"
    };
    print::out(&format!("   {}: {installed}", manager.name()));
    Ok(poller.is_some())
}

fn place(manager: Manager) -> Result<PathBuf, String> {
    manager.place(&environment::nexu_home()?)
}

/// Variables of a submit, not of who delivers.
const NOT_THE_SERVICES: [&str; 4] = [
    "LIBTV_SKIP_BACKGROUND_WAITER",
    "OPENCLAW_CHANNEL_TYPE",
    "OPENCLAW_CHAT_ID",
    "HOME",
];

/// What the service would not have of what this shell has, with what to do about it; nothing where there is nothing.
fn missing(manager: Manager) -> Vec<String> {
    let asked = RefCell::new(Vec::new());
    // The harness itself says what it takes from an environment: by asking for it.
    drop(Environment::from_lookup(|name| {
        let value = environment::variable(name);
        if value.is_some() && !NOT_THE_SERVICES.contains(&name) {
            asked.borrow_mut().push(name.to_owned());
        }
        value
    }));
    let file = manager.variables_file();
    let given = file.as_deref().map(manager::names_in).unwrap_or_default();
    let mut names = asked.into_inner();
    names.retain(|name| !given.contains(name));
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let remedy = match &file {
        Some(file) => format!(
            "→ Write them into {} (NAME=value, one a line; chmod 600), then: libtv-video service start",
            file.display()
        ),
        None => "→ Store the key with `libtv-video setup --api-key -`, and the app's id and secret in OpenClaw's configuration".to_owned(),
    };
    vec![
        format!(
            "⚠️ The service doesn't have what only this shell has: {}",
            names.join(", ")
        ),
        remedy,
    ]
}

fn cannot(done: &str, what: &Path, error: &std::io::Error) -> String {
    format!("{} can't be {done}: {error}", what.display())
}
