//! The files under `$NEXU_HOME`: where they are, who may read them, and what is taken over from earlier installations.
//! Not here: what the state folder holds. That is the component's.
//!
//! ```text
//! libtv.json                   the API key and the ratio; libtv.json.lock is held while it is replaced
//! libtv-video/                 the state folder, the only one that the component always sees
//! libtv-video/active/          one entry for each session that has not ended
//! libtv-recipients/            who may get messages (recipients.rs)
//! libtv-audit/                 the record; its end once more in libtv-audit.end
//! libtv-state-size             how much of the state folder's quota is used
//! libtv-spending.json          the jobs of the last day (spending/); libtv-spending.lock is held while it is replaced
//! libtv-pace.json              how many steps the sessions had today (timer/pace.rs)
//! libtv-harness.lock           held by the harness that polls, with the number of its process
//! libtv-harness.json           what that harness polls and delivers with (polling.rs)
//! libtv-serve.log              what a harness that a submit has started complains of
//! libtv-waiter-<session>.log   one log for each session (timer/log.rs)
//! libtv-sessions.json          an earlier installation's sessions, and libtv-sessions.taken-over once they were copied
//! .libtv-setup-…/              the private copy of libtv.json that a set-up command edits
//! ```

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{CallError, HomeError};
use crate::recipients::Recipients;
use sandbox::files;
use sandbox::folder::OpenFolder;

/// A session id in a file name is cut here: file systems allow 255 bytes.
const NAME_CHARS: usize = 96;
/// The folder of the sessions that have not ended, in the state folder.
const ACTIVE: &str = "active";
/// An earlier installation's sessions in the state folder, and what the component makes of that name once it took them over.
const LEGACY_COPY: &str = "legacy-sessions.json";
const LEGACY_DONE: &str = "legacy-sessions.done";
/// Says that it was copied, in `$NEXU_HOME`.
const LEGACY_MARK: &str = "libtv-sessions.taken-over";
/// A session's log is called `libtv-waiter-<session>.log`.
const LOG_PREFIX: &str = "libtv-waiter-";
const LOG_SUFFIX: &str = ".log";
/// A session store of an earlier installation: a few hundred sessions. More is not taken over.
const LEGACY_BYTES: u64 = 32 << 20;

/// The folder `$NEXU_HOME` and the names in it.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The home at `root`; nothing is created.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// `$NEXU_HOME` itself. Never granted to the component.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The state folder, the only one that the component always sees.
    pub fn state(&self) -> PathBuf {
        self.root.join("libtv-video")
    }

    /// One entry for each session that has not ended: what the timer watches.
    pub fn active(&self) -> PathBuf {
        self.state().join(ACTIVE)
    }

    /// `libtv.json`.
    pub fn config(&self) -> PathBuf {
        self.root.join("libtv.json")
    }

    /// Who may get messages: one file for each recipient that a submit named. Never granted to the component.
    pub fn recipients(&self) -> PathBuf {
        self.root.join("libtv-recipients")
    }

    /// The record of what every call did. Beside the state folder: no component can reach it.
    pub fn audit(&self) -> PathBuf {
        self.root.join("libtv-audit")
    }

    /// How much of the state folder's quota is used. Beside the folder: no component can reach it.
    pub(crate) fn state_account(&self) -> PathBuf {
        self.root.join("libtv-state-size")
    }

    /// How many steps the sessions have had today. Beside the state folder: no component can reach it.
    pub(crate) fn pace(&self) -> PathBuf {
        self.root.join("libtv-pace.json")
    }

    /// The jobs that were begun in the last day. Beside the state folder: no component can reach it.
    pub(crate) fn spending(&self) -> PathBuf {
        self.root.join("libtv-spending.json")
    }

    /// Whether calls were made here, by what they leave beside the record.
    pub fn shows_calls(&self) -> bool {
        let has_entries = |folder: PathBuf| {
            fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
        };
        let folders = ["sessions", "active", "finished", "submits"];
        self.state_account().exists()
            || folders
                .iter()
                .any(|name| has_entries(self.state().join(name)))
    }

    /// Held by the harness that polls, for as long as it lives.
    pub fn owner_lock(&self) -> PathBuf {
        self.root.join("libtv-harness.lock")
    }

    /// What a harness that a submit has started tells of itself: why it could not begin, what it can't use.
    pub fn serve_log(&self) -> PathBuf {
        self.root.join("libtv-serve.log")
    }

    /// The log of one session. Whatever the id holds, the name stays in this folder.
    pub fn session_log(&self, session_id: &str) -> PathBuf {
        self.root
            .join(format!("{LOG_PREFIX}{}{LOG_SUFFIX}", sanitise(session_id)))
    }

    /// Whether a file of this name is the log of a session.
    pub(crate) fn is_session_log(name: &OsStr) -> bool {
        name.to_str()
            .is_some_and(|name| name.starts_with(LOG_PREFIX) && name.ends_with(LOG_SUFFIX))
    }

    /// Creates the folders, for their owner only, and takes an earlier installation's sessions over, once. Where nothing can
    /// be written that is left for who has to write (`writable`): the rest works.
    ///
    /// # Errors
    /// [`HomeError`], with the folder that can't be used.
    pub fn prepare(&self) -> Result<(), HomeError> {
        match self.make() {
            Err(error) if files::is_read_only(&error.source) => Ok(()),
            other => other,
        }
    }

    /// Makes what is missing. Only what others could have written to is refused; what can't be hardened is
    /// reported elsewhere.
    fn make(&self) -> Result<(), HomeError> {
        fs::create_dir_all(&self.root)
            .map_err(|error| HomeError::new("can't create", &self.root, error))?;
        if self.is_everybodys() {
            let open = io::Error::other(
                "everybody on this machine can write to it, so keys and chats in it may be anybody's. Look at what is in it, then take that right away (chmod o-w)",
            );
            return Err(HomeError::new("can't use", &self.root, open));
        }
        // `$NEXU_HOME` itself keeps its rights: it is Nexu's, and other programs may share it. What is ours
        // in it is private.
        files::private_folder(&self.state())
            .map_err(|error| HomeError::new("can't create", self.state(), error))?;
        let state = self.open_state()?;
        self.open_active(&state)?;
        self.copy_legacy(&state)
    }

    /// Whether something can be stored: asked before a call that is of no use without.
    ///
    /// # Errors
    /// [`HomeError`], with the folder that is in the way.
    pub(crate) fn writable(&self) -> Result<(), HomeError> {
        self.make()?;
        #[cfg(unix)]
        for folder in [&self.root, &self.state()] {
            use rustix::fs::{Access, AtFlags, CWD, accessat};
            match accessat(CWD, folder, Access::WRITE_OK, AtFlags::EACCESS).map_err(io::Error::from)
            {
                Err(error) if files::is_read_only(&error) => {
                    return Err(HomeError::new("can't write in", folder, error));
                }
                // Where that can't be asked, writing will tell.
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether everybody may put files of any name here, also in the place of ours. Not where there are no permissions: there the
    /// mode means nothing.
    fn is_everybodys(&self) -> bool {
        #[cfg(unix)]
        {
            const STICKY: u32 = 0o1000;
            // With the sticky bit, as in /tmp, others can add files and can't replace ours.
            mode(&self.root).is_some_and(|mode| mode & (STICKY | 0o002) == 0o002)
                && keeps_permissions(&self.root)
        }
        #[cfg(not(unix))]
        false
    }

    /// What others on this machine may do in the home folder although they should not, in sentences for who runs the machine;
    /// empty where all is well.
    pub fn open_to_others(&self) -> Vec<String> {
        #[cfg_attr(not(unix), allow(unused_mut, reason = "only there it is asked"))]
        let mut told = Vec::new();
        #[cfg(unix)]
        {
            if mode(&self.root).is_some_and(|mode| mode & 0o022 != 0) {
                told.push(format!(
                    "{} can be written by others than its owner: who can, can put keys and chats there. On a volume that is shared by its group that is as it must be.",
                    self.root.display()
                ));
            }
            let open: Vec<String> = [self.state(), self.recipients(), self.audit()]
                .into_iter()
                .filter(|folder| mode(folder).is_some_and(|mode| mode & 0o077 != 0))
                .map(|folder| folder.display().to_string())
                .collect();
            if !open.is_empty() {
                told.push(format!(
                    "{} can't be made private: another user owns it, or its file system knows no permissions. Others on this machine may read what is in it.",
                    open.join(", ")
                ));
            }
        }
        told
    }

    /// What the file system can't do, as a sentence for who runs the machine; none where all is well. It has the disk write.
    pub fn not_durable(&self) -> Option<String> {
        let state = self.state();
        (!files::can_sync(&state)).then(|| {
            format!(
                "{} is on a file system that can't make a folder's entries durable: a power cut may cost the last step.",
                state.display()
            )
        })
    }

    /// The state folder, held open. The component can't change the path that leads to it, but everything behind it.
    ///
    /// # Errors
    /// [`HomeError`]: it isn't there, or can't be read.
    pub(crate) fn open_state(&self) -> Result<OpenFolder, HomeError> {
        OpenFolder::at(&self.state())
            .map_err(|error| HomeError::new("can't open", self.state(), error))
    }

    /// The folder `active`, held open: made where it is missing or something else leads elsewhere under its name.
    ///
    /// # Errors
    /// [`HomeError`]: something else than a folder or a link has the name, or it can't be made.
    pub(crate) fn open_active(&self, state: &OpenFolder) -> Result<OpenFolder, HomeError> {
        state
            .private_folder(Path::new(ACTIVE))
            .map_err(|error| HomeError::new("can't use", self.active(), error))
    }

    /// Copies `libtv-sessions.json` into the state folder, unless that was done before. The original stays. Its chats
    /// were named by the submits of that installation: they are noted first, since a copy is not looked at again.
    fn copy_legacy(&self, state: &OpenFolder) -> Result<(), HomeError> {
        let (copy, done) = (Path::new(LEGACY_COPY), Path::new(LEGACY_DONE));
        let original = self.root.join("libtv-sessions.json");
        // Beside the state folder: what lies in it the component can remove, and chats that the user took back would be named anew.
        let mark = self.root.join(LEGACY_MARK);
        if mark.exists() || !original.is_file() {
            return Ok(());
        }
        let write_mark = || {
            files::write_durably(&mark, b"")
                .map_err(|error| HomeError::new("can't write", &mark, error))
        };
        let is_there = |name| state.stat(name).is_ok();
        // Taken over by a version that had no mark beside the folder, or by a process that died before it
        // wrote one.
        if is_there(copy) || is_there(done) {
            return write_mark();
        }
        let fail = |error| HomeError::new("can't take over", &original, error);
        if fs::metadata(&original).map_err(fail)?.len() > LEGACY_BYTES {
            return Err(fail(io::Error::other("it is larger than 32 MB")));
        }
        let content = fs::read(&original).map_err(fail)?;
        let recipients = Recipients::at(self.recipients());
        for chat in legacy_chats(&content) {
            // A chat that can't be one is left out: a message to it will say that it wasn't named.
            if let Err(CallError::Home(error)) = recipients.name("", &chat) {
                return Err(error);
            }
        }
        state
            .write_durably(copy, &content)
            .map_err(|error| HomeError::new("can't write", self.state().join(copy), error))?;
        write_mark()
    }

    /// Takes the ownership of the state folder. `None` when another harness has it.
    ///
    /// # Errors
    /// [`HomeError`] when the lock file can't be opened.
    pub(crate) fn own(&self) -> Result<Option<Owner>, HomeError> {
        let file = self.open_lock()?;
        match file.try_lock() {
            Ok(()) => {
                // For the others to read: it is the lock that counts.
                let _ = sign(&file);
                Ok(Some(Owner { _file: file }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                // An error and not "nobody owns it": two timers on one folder would each poll and deliver
                // every session.
                let error = sandbox::files::lock_error(error, "$NEXU_HOME");
                Err(HomeError::new("can't lock", self.owner_lock(), error))
            }
        }
    }

    /// Whether a harness is polling now. A shared lock for an instant: two that ask don't disturb each other.
    pub fn is_owned(&self) -> bool {
        self.open_lock()
            // By the lock alone: it goes with the process that held it, and a file with a process's number
            // would stay.
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// The process that took the ownership last, as it wrote into the lock file. Nobody has it when nothing is polling.
    pub(crate) fn owner_process(&self) -> Option<u32> {
        let text = fs::read_to_string(self.owner_lock()).ok()?;
        text.trim().parse().ok()
    }

    /// The lock's file, made where it is missing. It is never removed: another process may hold it at that
    /// moment.
    fn open_lock(&self) -> Result<File, HomeError> {
        let path = self.owner_lock();
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        files::private(&mut options)
            .open(&path)
            .map_err(|error| HomeError::new("can't open", path, error))
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    let meta = fs::metadata(path).ok()?;
    Some(std::os::unix::fs::MetadataExt::mode(&meta))
}

/// Whether a file that is made for its owner only is that.
#[cfg(unix)]
fn keeps_permissions(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    tempfile::tempfile_in(folder)
        .and_then(|file| file.metadata())
        .is_ok_and(|meta| meta.mode() & 0o077 == 0)
}

/// The ownership of a state folder; ends when it is dropped or the process dies.
pub(crate) struct Owner {
    _file: File,
}

/// The chats that sessions of an earlier installation go to. A damaged file has none: the component tells of it.
fn legacy_chats(content: &[u8]) -> BTreeSet<String> {
    let sessions: Vec<serde_json::Value> = serde_json::from_slice(content).unwrap_or_default();
    sessions
        .iter()
        .filter_map(|session| session["delivery"]["chat_id"].as_str())
        .map(str::to_owned)
        .collect()
}

/// Writes this process's id into the lock file.
fn sign(mut file: &File) -> io::Result<()> {
    // A longer number may stand there from before.
    file.set_len(0)?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes())
}

/// A session id as part of a file name. Ids that had to be changed get a digest, so that no two share a name.
fn sanitise(session_id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut name: String = session_id
        .chars()
        .take(NAME_CHARS)
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    if name != session_id {
        let digest = Sha256::digest(session_id.as_bytes());
        name.push('-');
        name.extend(digest.iter().take(4).map(|byte| format!("{byte:02x}")));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Home) {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("nexu"));
        (folder, home)
    }

    #[test]
    fn a_session_id_never_leads_a_log_out_of_the_folder() {
        let home = Home::at("/h");
        for id in [
            "../../etc/passwd",
            "/etc/passwd",
            "a/b",
            "..",
            "",
            "\0",
            "a\nb",
            &"x".repeat(5000),
            "会话",
        ] {
            let log = home.session_log(id);
            assert_eq!(log.parent(), Some(Path::new("/h")), "{id:?}");
            assert!(log.file_name().unwrap().len() < 200);
        }
        assert_ne!(home.session_log("a/b"), home.session_log("a_b"));
        assert_ne!(
            home.session_log(&"x".repeat(200)),
            home.session_log(&"x".repeat(201))
        );
        assert_eq!(
            home.session_log("abc-1_2"),
            Path::new("/h/libtv-waiter-abc-1_2.log")
        );
    }

    #[test]
    fn earlier_sessions_are_copied_once_and_the_original_stays() {
        let (_folder, home) = home();
        fs::create_dir_all(home.root()).unwrap();
        let original = home.root().join("libtv-sessions.json");
        fs::write(&original, "[1]").unwrap();
        home.prepare().unwrap();
        let copy = home.state().join("legacy-sessions.json");
        assert_eq!(fs::read_to_string(&copy).unwrap(), "[1]");
        fs::write(&original, "[1,2]").unwrap();
        home.prepare().unwrap();
        assert_eq!(fs::read_to_string(&copy).unwrap(), "[1]");
        fs::rename(&copy, home.state().join("legacy-sessions.done")).unwrap();
        home.prepare().unwrap();
        assert!(!copy.exists() && original.exists());
    }

    #[test]
    fn a_chat_that_was_taken_back_is_not_named_again_whatever_the_component_removes() {
        let (_folder, home) = home();
        fs::create_dir_all(home.root()).unwrap();
        let sessions = r#"[{"session_id":"a","delivery":{"chat_id":"oc_a"}}]"#;
        fs::write(home.root().join("libtv-sessions.json"), sessions).unwrap();
        home.prepare().unwrap();
        fs::remove_dir_all(home.recipients()).unwrap();
        fs::remove_file(home.state().join("legacy-sessions.json")).unwrap();
        home.prepare().unwrap();
        assert!(!home.recipients().exists());
        assert!(!home.state().join("legacy-sessions.json").exists());
    }

    #[test]
    fn the_chats_of_earlier_sessions_count_as_named_and_are_noted_before_the_copy() {
        let (_folder, home) = home();
        fs::create_dir_all(home.root()).unwrap();
        let sessions = r#"[{"session_id":"a","delivery":{"channel":"feishu","chat_id":"oc_a"}},
            {"session_id":"b","delivery":{"chat_id":"oc_a"}}, {"session_id":"c","delivery":null}, 1,
            {"session_id":"d","delivery":{"chat_id":"user:ou_d"}}]"#;
        fs::write(home.root().join("libtv-sessions.json"), sessions).unwrap();
        // Whatever is in the way of noting them, the copy isn't made: the next start tries again.
        fs::write(home.recipients(), "in the way").unwrap();
        home.prepare().unwrap_err();
        assert!(!home.state().join("legacy-sessions.json").exists());
        fs::remove_file(home.recipients()).unwrap();
        home.prepare().unwrap();
        let recipients = Recipients::at(home.recipients());
        let named = |chat| {
            let recipient = crate::recipients::Recipient::named_by("", chat).unwrap();
            recipients.is_named(&recipient).unwrap()
        };
        assert!(named("oc_a") && named("ou_d") && !named("oc_b"));
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_for_their_owner_only_also_when_they_were_open_before() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, home) = home();
        fs::create_dir_all(home.state()).unwrap();
        fs::set_permissions(home.state(), fs::Permissions::from_mode(0o755)).unwrap();
        home.prepare().unwrap();
        for folder in [home.state(), home.active()] {
            assert_eq!(
                fs::metadata(folder).unwrap().permissions().mode() & 0o777,
                0o700
            );
        }
    }

    #[test]
    fn only_one_harness_owns_the_folder_and_asking_does_not_take_it() {
        let (_folder, home) = home();
        home.prepare().unwrap();
        assert!(!home.is_owned());
        let owner = home.own().unwrap().unwrap();
        assert!(home.is_owned());
        assert_eq!(home.owner_process(), Some(std::process::id()));
        assert!(home.own().unwrap().is_none());
        drop(owner);
        assert!(!home.is_owned());
        assert!(home.own().unwrap().is_some());
    }
}
