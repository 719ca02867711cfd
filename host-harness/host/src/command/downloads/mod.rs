//! `download-results`: the component fills a private folder, and the harness moves what is a picture or a film from there
//! into the user's. The component never sees a folder of the user, and no file in it is replaced.
//!
//! ```text
//! --output-dir ── where it leads ── may results go there? ── made, opened ── still there? ── private folder in it
//!                                                                                                  │ the component fills it
//! user's folder ◀── linked under a name that nobody has ◀── a picture or film? ◀── each file that the reply names
//! ```

mod private;
mod reply;
mod target;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::places::Places;
use super::setup::Withheld;
use crate::error::CallError;
use crate::types::{Downloaded, Missed};
use sandbox::call::{Folder, Use};

use private::Private;
use reply::Reply;
use target::Target;

/// Where the component finds the folder that it fills, whatever the user's is called.
pub(super) const GUEST_DOWNLOADS: &str = "/downloads";

/// The user's folder, and the private one in it. What is complete is moved also when the call is given up half-way.
pub(super) struct Downloads {
    private: Private,
    target: Target,
    /// As the user reads it.
    shown: PathBuf,
    /// Whether the user asked for names that begin like options.
    dashed: bool,
    /// Whether [`finish`](Self::finish) was reached. A call that is dropped before it leaves its files to
    /// `drop`.
    settled: bool,
}

impl Downloads {
    /// Makes the folder where it isn't there yet; nothing is made where it is refused.
    ///
    /// # Errors
    /// [`CallError::Refused`], with the reason.
    pub(super) fn open(
        asked: &Path,
        prefix: Option<&Path>,
        places: &Places,
    ) -> Result<Self, CallError> {
        let absolute = std::path::absolute(asked).unwrap_or_else(|_| asked.to_owned());
        let fail = |error: io::Error| {
            CallError::Refused(format!(
                "{} can't be the output folder: {error}. Choose another one with --output-dir.",
                absolute.display()
            ))
        };
        // Judged by where it leads and before it is made: a folder that is refused would otherwise be left
        // among the record or the recipients.
        let real = led_to(&absolute).map_err(fail)?;
        places.take_results(&real, &absolute)?;
        fs::create_dir_all(&real).map_err(fail)?;
        let target = Target::open(&real).map_err(fail)?;
        // Somebody may have put a link into the way since.
        let now = fs::canonicalize(&real).map_err(fail)?;
        places.take_results(&now, &absolute)?;
        // By the descriptor, which nobody can move: between the two looks the path may have led elsewhere.
        if !target.is(&now) {
            return Err(fail(io::Error::other("it was replaced meanwhile")));
        }
        private::sweep(&now);
        let private = Private::make_in(&now).map_err(fail)?;
        let climbs = absolute
            .components()
            .any(|part| part == Component::ParentDir);
        Ok(Self {
            private,
            target,
            shown: if climbs { now } else { absolute },
            dashed: prefix
                .is_some_and(|prefix| prefix.as_os_str().as_encoded_bytes().starts_with(b"-")),
            settled: false,
        })
    }

    /// What the component sees.
    pub(super) fn folder(&self) -> Folder {
        Folder {
            host: self.private.path().to_owned(),
            guest: GUEST_DOWNLOADS.to_owned(),
            purpose: Use::Downloads,
        }
    }

    /// Moves what the component printed that it downloaded, shows the user where it is now, and returns the exit code.
    ///
    /// # Errors
    /// The call's own. What was complete when it ran into a limit is moved all the same.
    pub(super) fn finish(
        mut self,
        result: Result<i32, CallError>,
        withheld: Withheld,
    ) -> Result<i32, CallError> {
        self.settled = true;
        let exit_code = match result {
            Ok(exit_code) => exit_code,
            Err(error) => return Err(self.given_up(error)),
        };
        let (text, failed) = match Reply::read(&withheld.kept()) {
            Some(reply) => {
                let text = reply.with(|said| self.take_said(said));
                (Some(text.text()), text.has_errors())
            }
            None => (None, false),
        };
        withheld
            .release(text)
            .map_err(|error| CallError::Refused(format!("the output can't be written: {error}")))?;
        Ok(exit_code.max(i32::from(failed)))
    }

    /// The same for what a typed call answered.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub(super) fn finish_typed(
        mut self,
        result: Result<Downloaded, CallError>,
    ) -> Result<Downloaded, CallError> {
        self.settled = true;
        match result {
            Ok(said) => Ok(self.take_said(said)),
            Err(error) => Err(self.given_up(error)),
        }
    }

    /// What a call that failed leaves: what was complete when it ran into a limit.
    fn given_up(&self, error: CallError) -> CallError {
        if matches!(error, CallError::Limit(_)) {
            self.take_all();
        }
        error
    }

    /// Moves each file that the component says is there, and says where it is now: by the user's folder.
    fn take_said(&self, said: Downloaded) -> Downloaded {
        let shown = self.shown.display().to_string();
        let mut now = Downloaded {
            folder: shown.clone(),
            files: Vec::new(),
            missed: Vec::new(),
            total: said.total,
        };
        let mut taken = BTreeSet::new();
        // What the component claims decides only what is looked for: each file is judged by what it is when
        // it is moved.
        for claim in said.files {
            let inside = claim.strip_prefix(GUEST_DOWNLOADS);
            let name = inside.and_then(|rest| rest.strip_prefix('/'));
            let name = name.unwrap_or(&claim).to_owned();
            // Named twice it would be compared with itself, as often as a component likes.
            if !taken.insert(name.clone()) {
                continue;
            }
            match self.take(&name) {
                Ok(path) => now.files.push(path.display().to_string()),
                Err(reason) => now.missed.push(Missed { file: name, reason }),
            }
        }
        // Behind our own: these are the component's sentences, which name a folder that only it knows.
        now.missed
            .extend(said.missed.into_iter().map(|missed| Missed {
                reason: missed.reason.replace(GUEST_DOWNLOADS, &shown),
                ..missed
            }));
        self.target.sync();
        now
    }

    /// Moves one file, and returns where it is now.
    fn take(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.shown.join(name);
        if !is_plain(name, self.dashed) {
            return Err("it isn't called like a picture or film".to_owned());
        }
        self.target
            .take(self.private.path(), name, &path.display())
            .map(|()| path)
    }

    /// Moves whatever is complete: nobody is left to say what that is.
    fn take_all(&self) {
        for name in self.private.names() {
            // What can't be moved goes with the private folder.
            let _ = self.take(&name);
        }
        self.target.sync();
    }
}

impl Drop for Downloads {
    fn drop(&mut self) {
        if !self.settled {
            self.take_all();
        }
    }
}

/// Where a path leads, through links as far as it is there; what isn't there yet has none.
///
/// # Errors
/// Where it leads through a file, round in circles or to where nobody may look, or through a link to nothing.
fn led_to(absolute: &Path) -> io::Result<PathBuf> {
    let mut real = PathBuf::new();
    for part in absolute.components() {
        match part {
            // Behind a link `..` is the parent of where it leads: `real` has followed it already.
            Component::ParentDir => drop(real.pop()),
            Component::CurDir => {}
            part => {
                let next = real.join(part);
                real = match fs::canonicalize(&next) {
                    Ok(there) => there,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        // A link to nothing: made through it the folder would be somewhere that nobody
                        // judged.
                        if fs::symlink_metadata(&next).is_ok() {
                            return Err(error);
                        }
                        next
                    }
                    Err(error) => return Err(error),
                };
            }
        }
    }
    Ok(real)
}

/// A name as results get: of letters and digits of any script, `-`, `_`, inner dots and spaces, with the ending of a picture or film.
fn is_plain(name: &str, dashed: bool) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    name.chars().all(plain)
        && !name.starts_with(['.', ' '])
        && (dashed || !name.starts_with('-'))
        && !name.contains("..")
        && crate::media::is_named_as_one(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_results_are_plain_and_others_are_not() {
        for name in [
            "01.png",
            "cat_01.mp4",
            "猫 1_02.webm",
            "a.b_03.JPG",
            "04.bin",
        ] {
            assert!(is_plain(name, false), "{name}");
        }
        for name in [
            "",
            ".png",
            ".01.png",
            "a/b.png",
            "../a.png",
            "a..png",
            "a\\b.png",
            "-rf.png",
            " a.png",
            "a.png\n",
            "a\u{202e}gnp.png",
            "a.desktop",
            "a.png.sh",
            "a.svg",
            "a\0.png",
        ] {
            assert!(!is_plain(name, false), "{name:?}");
        }
        assert!(is_plain("-x_01.png", true));
    }

    #[test]
    fn a_way_leads_through_what_is_there_and_through_what_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(real.join("there")).unwrap();
        for (way, end) in [
            ("there", "there"),
            ("new/deep", "new/deep"),
            ("new/../there/./new", "there/new"),
            ("there/../new/../other", "other"),
        ] {
            assert_eq!(
                led_to(&folder.path().join(way)).unwrap(),
                real.join(end),
                "{way}"
            );
        }
        fs::write(real.join("file"), "").unwrap();
        led_to(&real.join("file/deep")).unwrap_err();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("there", real.join("link")).unwrap();
            std::os::unix::fs::symlink("nothing", real.join("dangling")).unwrap();
            assert_eq!(
                led_to(&real.join("link/new")).unwrap(),
                real.join("there/new")
            );
            led_to(&real.join("dangling")).unwrap_err();
        }
    }
}
