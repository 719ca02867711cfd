//! Where a tenant's secrets are: the database has references, never a secret. What a reference means is a
//! [`SecretSource`]'s to say; one for files, variables and programs is here, one for a vault is the embedder's.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use host::Secret;

/// A secret manager's own program answers within this, or isn't there.
const PROGRAM: Duration = Duration::from_secs(10);
/// A secret has some hundred bytes.
const SECRET_BYTES: u64 = 16 << 10;

/// Finds what a reference stands for.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// The secret.
    ///
    /// # Errors
    /// Why not, as a sentence that doesn't hold it.
    async fn find(&self, reference: &str) -> Result<Secret, String>;

    /// Whether it is a reference at all. What isn't may be the secret itself, in the wrong place.
    fn is_reference(&self, text: &str) -> bool;
}

/// | reference | is |
/// |---|---|
/// | `env:NAME` | a variable of this process |
/// | `file:/PATH` | the content of a file |
/// | `command:PROGRAM ARGUMENT …` | what a program prints; no shell reads it |
#[derive(Debug, Default, Clone, Copy)]
pub struct LocalSecrets;

#[async_trait]
impl SecretSource for LocalSecrets {
    async fn find(&self, reference: &str) -> Result<Secret, String> {
        let (kind, rest) = reference.split_once(':').ok_or("it is no reference")?;
        let found = match kind {
            "env" => std::env::var(rest).map_err(|_| format!("the variable {rest} isn't set")),
            "file" => read(Path::new(rest)).await,
            "command" => run(rest).await,
            _ => Err("it is no reference".to_owned()),
        }?;
        // A file or a program's output ends with a line feed, which no secret has.
        let found = found.trim();
        if found.is_empty() {
            return Err("it is empty".to_owned());
        }
        Ok(Secret::new(found))
    }

    fn is_reference(&self, text: &str) -> bool {
        let is_file = text
            .strip_prefix("file:")
            .is_some_and(|path| path.starts_with('/'));
        let has_rest = |kind| {
            text.strip_prefix(kind)
                .is_some_and(|rest: &str| !rest.trim().is_empty())
        };
        is_file || has_rest("env:") || has_rest("command:")
    }
}

async fn read(path: &Path) -> Result<String, String> {
    let path = path.to_owned();
    let reading = move || {
        use std::io::Read;
        let mut text = String::new();
        let file = std::fs::File::open(&path);
        file.and_then(|file| file.take(SECRET_BYTES).read_to_string(&mut text))
            .map(|_| text)
            .map_err(|error| format!("{} can't be read: {error}", path.display()))
    };
    let read = tokio::task::spawn_blocking(reading).await;
    read.unwrap_or_else(|_| Err("it can't be read".to_owned()))
}

async fn run(line: &str) -> Result<String, String> {
    let mut words = line.split_whitespace();
    let program = words.next().ok_or("no program is named")?;
    let mut command = tokio::process::Command::new(program);
    command
        .args(words)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PROGRAM, command.output())
        .await
        .map_err(|_| format!("{program} gave no answer within {PROGRAM:?}"))?
        .map_err(|error| format!("{program} can't be run: {error}"))?;
    if !output.status.success() {
        // Not what it says: that may hold anything.
        return Err(format!("{program} failed ({})", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("what {program} prints is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_itself_is_no_reference() {
        for text in [
            "mgk_abcdef",
            "sk-libtv-1",
            "file:relative",
            "env:",
            "vault:x",
            "",
        ] {
            assert!(!LocalSecrets.is_reference(text), "{text}");
        }
        for text in ["env:KEY", "file:/run/key", "command:pass show key"] {
            assert!(LocalSecrets.is_reference(text), "{text}");
        }
    }

    #[tokio::test]
    async fn a_file_and_a_program_give_their_text_without_its_end() {
        let folder =
            std::env::temp_dir().join(format!("libtv-fleet-secret-{}", std::process::id()));
        std::fs::write(&folder, "hidden\n").unwrap();
        let reference = format!("file:{}", folder.display());
        assert_eq!(
            LocalSecrets.find(&reference).await.unwrap().expose(),
            "hidden"
        );
        let reference = format!("command:cat {}", folder.display());
        assert_eq!(
            LocalSecrets.find(&reference).await.unwrap().expose(),
            "hidden"
        );
        std::fs::remove_file(&folder).unwrap();
        let gone = LocalSecrets.find(&reference).await.err().unwrap();
        assert!(!gone.contains("hidden"), "{gone}");
    }
}
