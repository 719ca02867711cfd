//! The command line of the harness: which command it is, and how it ends. The harness's own commands stand in `arguments`;
//! everything else belongs to the component, which has its own command line.
//!
//! A package apart from the program's (`host-harness`), for a setting's sake: whole-program optimisation goes by the level of
//! the program's package, and all of this takes two and a half times as long to compile at that level.
#![deny(unsafe_code)]

mod arguments;
mod audit;
mod autostart;
#[cfg(feature = "dashboard")]
mod dashboard;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod environment;
mod grammar;
mod grants;
mod help;
#[cfg(all(unix, not(target_vendor = "apple")))]
mod keyring;
#[cfg(any(windows, target_vendor = "apple"))]
mod keyring_native;
#[cfg(feature = "mcp")]
mod mcp;
mod polled;
mod print;
mod run;
mod serve;
mod service;
mod signals;
mod skill;
mod status;
mod teach;

use std::process::ExitCode;

use arguments::Invocation;
use host::{Component, StartError};

/// Refused or failed.
pub(crate) const FAILED: u8 = 1;
/// Wrong usage.
pub(crate) const USAGE: u8 = 2;
/// Another harness owns the state folder.
pub(crate) const OWNED: u8 = 3;

/// Runs the command line with the process's arguments: reads the environment, prints, handles signals.
pub fn program() -> ExitCode {
    keep_private();
    #[cfg(feature = "fleet")]
    if std::env::args_os()
        .nth(1)
        .is_some_and(|command| command == "fleet")
    {
        // Its arguments are none of a person's own machine, so they have a grammar of their own.
        return fleet::command::program(std::env::args_os().skip(2), environment::component);
    }
    let code = match arguments::parse(std::env::args_os()) {
        Ok(Invocation::Text { text, code }) => {
            print::out(text.trim_end());
            code
        }
        Ok(Invocation::Serve(wanted)) => {
            raise_open_files();
            block_on(true, serve::serve(wanted))
        }
        #[cfg(feature = "mcp")]
        Ok(Invocation::Mcp { max_parallel }) => block_on(true, mcp::mcp(max_parallel)),
        #[cfg(feature = "demo")]
        Ok(Invocation::Demo(wanted)) => block_on(true, demo::demo(wanted)),
        Ok(Invocation::Status(wanted)) => block_on(false, status::status(wanted)),
        Ok(Invocation::Doctor {
            channel,
            chat_id,
            json,
        }) => block_on(false, doctor::doctor(channel, chat_id, json)),
        Ok(Invocation::Audit(wanted)) => audit::audit(&wanted),
        Ok(Invocation::Grants { json }) => grants::grants(json),
        Ok(Invocation::Skill { action, agent }) => skill::run(action, agent),
        Ok(Invocation::Service(action)) => service::run(action),
        Ok(Invocation::Completions(shell)) => teach::completions(shell),
        Ok(Invocation::Manual { folder }) => teach::manual(folder.as_deref()),
        Ok(Invocation::Component { arguments }) => block_on(false, run::run(arguments)),
        Err(reason) => {
            print::error(&reason);
            USAGE
        }
    };
    ExitCode::from(code)
}

/// The same on a component that `load` loads, in place of the embedded one.
pub fn program_with(
    load: impl Fn() -> Result<Component, StartError> + Send + Sync + 'static,
) -> ExitCode {
    // The first one counts; there is one call in a process.
    let _ = environment::LOAD.set(Box::new(load));
    program()
}

/// From here on the component's state is in this store, in the place of the home's folder.
#[cfg(feature = "unstable")]
pub fn keep_state_in(store: std::sync::Arc<dyn host::StateStore>) {
    // The first one counts, as above.
    let _ = environment::STORE.set(store);
}

/// What the process creates is for its owner only, the component's files included.
fn keep_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// As many open files as may be. launchd gives 256, and watching takes one for each pending session there.
fn raise_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        // More is refused on macOS, whatever its limit says.
        const MOST: u64 = 10_240;
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let wanted = maximum.unwrap_or(MOST).min(MOST);
        if current.is_some_and(|current| current < wanted) {
            // Where that can't be, it is as it was.
            let raised = Rlimit {
                current: Some(wanted),
                maximum,
            };
            let _ = setrlimit(Resource::Nofile, raised);
        }
    }
}

/// A single command starts faster on one thread; the timer has work for several.
fn block_on(threads: bool, work: impl Future<Output = u8>) -> u8 {
    let mut builder = if threads {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    match builder.enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(work);
            // A name look-up in flight would hold the process for its time-out.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            print::error(&format!("The runtime can't start: {error}"));
            FAILED
        }
    }
}
