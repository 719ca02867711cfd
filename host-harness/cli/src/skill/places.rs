//! Where agents look for a user's skills, by their own documentation.
//!
//! | agent | folder | source |
//! |---|---|---|
//! | OpenClaw | `$OPENCLAW_STATE_DIR/skills`, else `.openclaw/skills` in `$OPENCLAW_HOME` or the home folder | docs.openclaw.ai, "Skills": managed skills; "Environment" |
//! | Claude Code | `$CLAUDE_CONFIG_DIR/skills`, else `~/.claude/skills` | code.claude.com, "Agent Skills": personal skills |
//! | Codex | `~/.agents/skills` | developers.openai.com/codex/skills: user scope |

use std::env;
use std::path::{Path, PathBuf};

use host::openclaw_state_dir;

use crate::environment::variable;

/// What is said where no folder can be found by itself.
const NO_HOME: &str = "There is no home folder. Use --for DIR.";

/// Whose skills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Agent {
    OpenClaw,
    Claude,
    Codex,
    /// Any other: its folder of skills.
    Folder(PathBuf),
}

impl Agent {
    /// Reads `openclaw`, `claude`, `codex`, or the path of a folder, which has a separator or exists.
    ///
    /// # Errors
    /// A sentence for anything else: a misspelt name would become a folder.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "openclaw" => Ok(Self::OpenClaw),
            "claude" => Ok(Self::Claude),
            "codex" => Ok(Self::Codex),
            // A folder that is to be made has to look like one.
            path if path.contains(std::path::is_separator) || Path::new(path).is_dir() => {
                Ok(Self::Folder(path.into()))
            }
            _ => Err("openclaw, claude, codex or the path of a folder of skills".to_owned()),
        }
    }

    /// Its folder of skills; it need not exist.
    ///
    /// # Errors
    /// A sentence, when this user has no home folder.
    pub(crate) fn folder(&self) -> Result<PathBuf, String> {
        let folder = match self {
            Self::OpenClaw => self.sign()?.join("skills"),
            Self::Claude => base("CLAUDE_CONFIG_DIR", ".claude")?.join("skills"),
            Self::Codex => home()?.join(".agents/skills"),
            Self::Folder(folder) => folder.clone(),
        };
        // Not made canonical: a link that the user made of the folder stays one.
        std::path::absolute(&folder).map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// What this user has only with this agent.
    fn sign(&self) -> Result<PathBuf, String> {
        match self {
            Self::OpenClaw => openclaw_state_dir(&variable).ok_or_else(|| NO_HOME.to_owned()),
            Self::Claude => base("CLAUDE_CONFIG_DIR", ".claude"),
            Self::Codex => base("CODEX_HOME", ".codex"),
            Self::Folder(folder) => Ok(folder.clone()),
        }
    }
}

/// The folders of the agents that this user has.
///
/// # Errors
/// A sentence, when there is none.
pub(crate) fn present() -> Result<Vec<PathBuf>, String> {
    let mut folders = Vec::new();
    for agent in [Agent::OpenClaw, Agent::Claude, Agent::Codex] {
        // Not its folder of skills, which an agent without any doesn't have yet.
        if agent.sign()?.is_dir() {
            folders.push(agent.folder()?);
        }
    }
    if folders.is_empty() {
        return Err("No agent was found in this user's home folder. Name one: --for openclaw, --for claude, --for codex, or --for DIR with the agent's folder of skills.".to_owned());
    }
    Ok(folders)
}

/// An agent's own folder: where its variable says, else in the home folder.
fn base(variable: &str, below_home: &str) -> Result<PathBuf, String> {
    // Set and empty is unset, as for the agents themselves.
    match env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => Ok(home()?.join(below_home)),
    }
}

/// # Errors
/// A sentence, when this user has none.
fn home() -> Result<PathBuf, String> {
    env::home_dir()
        .filter(|path| !path.as_os_str().is_empty())
        .ok_or_else(|| NO_HOME.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_agent_is_no_folder() {
        assert_eq!(Agent::parse("claude"), Ok(Agent::Claude));
        assert_eq!(Agent::parse("./x"), Ok(Agent::Folder("./x".into())));
        assert!(Agent::parse("cluade").is_err());
    }
}
