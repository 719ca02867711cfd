//! `skill install` and `skill uninstall`: puts SKILL.md and the component where an agent looks for skills, and takes
//! away exactly what was put there. Not here: who looks where (`places`), the files themselves (`copy`).

mod copy;
mod places;
mod variant;

use std::path::PathBuf;

use super::{FAILED, print};
use copy::{Removed, State};
pub(crate) use places::Agent;
pub(crate) use variant::Variant;

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Put a copy there, in place of an older one.
    Install(Variant),
    /// Take it away.
    Uninstall,
    /// Say where copies are.
    List,
}

/// Does it for one agent, or for all that this user has.
pub(crate) fn run(action: Action, agent: Option<Agent>) -> u8 {
    let found = match agent {
        Some(agent) => agent.folder().map(|folder| vec![folder]),
        None => places::present(),
    };
    let folders = match found {
        Ok(folders) => folders,
        Err(reason) => {
            print::error(&reason);
            return FAILED;
        }
    };
    // All of them, also behind one that failed: each agent's folder stands for itself.
    let ended: Vec<bool> = folders
        .into_iter()
        .map(|folder| one(action, folder))
        .collect();
    if ended.iter().all(|good| *good) {
        0
    } else {
        FAILED
    }
}

/// Whether it worked.
fn one(action: Action, skills: PathBuf) -> bool {
    let target = skills.join(copy::NAME);
    let shown = target.display();
    let done = match action {
        Action::Install(variant) => {
            copy::install(&skills, variant).map(|replaced| match replaced {
                Some(version) => {
                    format!("✅ Skill installed: {shown} (in place of version {version})")
                }
                None => format!("✅ Skill installed: {shown}"),
            })
        }
        Action::Uninstall => copy::uninstall(&skills).map(|removed| match removed {
            Removed::All => format!("✅ Skill removed: {shown}"),
            Removed::But(left) => {
                format!(
                    "✅ Skill removed: {shown} (left alone: {})",
                    left.join(", ")
                )
            }
            Removed::Nothing => format!("ℹ️ No skill was installed there by this program: {shown}"),
        }),
        Action::List => copy::state(&skills).map(|state| match state {
            State::Absent => format!("–  {shown}"),
            State::Foreign => format!("👤 {shown} (not installed by this program)"),
            State::Ours(version) => format!("✅ {shown} (version {version})"),
        }),
    };
    match done {
        Ok(line) => {
            print::out(&line);
            true
        }
        Err(reason) => {
            print::error(&reason);
            false
        }
    }
}
