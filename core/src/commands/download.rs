//! `download-results`: results into a folder, each complete or not there at all.

use serde_json::Value;

use super::Reply;
use super::query::{known, upstream_of};
use crate::config::Settings;
use crate::io::{Download, Io};
use crate::json::object;
use crate::problem::Problem;
use crate::types::{Downloaded, Missed, WantedResults};
use crate::upstream::results::{Links, ResultUrl, prefixes};

/// Where files go when nothing is said. The harness puts the home folder's path in its place.
const DEFAULT_DIR: &str = "libtv_results";
/// A prefix needs no more to be told apart, and a file name must stay under 255 bytes.
const MAX_PREFIX_CHARS: usize = 60;

/// Downloads.
///
/// # Errors
/// When the session or a URL is none, or the service can't be asked. What goes wrong with a file
/// stands in the answer.
pub fn run(
    io: &Io,
    settings: &Settings,
    results: WantedResults,
    folder: Option<String>,
    prefix: Option<String>,
) -> Result<Downloaded, Problem> {
    let urls = match results {
        // The service need not be asked.
        WantedResults::Urls(urls) => given(&urls)?,
        WantedResults::Session(id) => of_session(io, settings, &id)?,
    };
    let folder = folder.unwrap_or_else(|| DEFAULT_DIR.to_owned());
    let mut downloaded = Downloaded {
        folder,
        files: Vec::new(),
        missed: Vec::new(),
        total: u32::try_from(urls.len()).unwrap_or(u32::MAX),
    };
    // Not an error of usage: the job may just not be done yet.
    if urls.is_empty() {
        return Ok(downloaded);
    }
    let prefix = prefix.as_deref().map(safe_prefix);
    let prefix = prefix.filter(|prefix| !prefix.is_empty());
    let files: Vec<Download> = (1..)
        .zip(&urls)
        .map(|(number, url)| Download {
            // A link may lead to a smaller picture that the store makes of the file: the file itself is what
            // is stored.
            url: url.of_the_file().as_str().to_owned(),
            dir: downloaded.folder.clone(),
            name: name(prefix.as_deref(), number, url),
        })
        .collect();
    let dir = &downloaded.folder;
    io.err(format!("Downloading {} files to {dir} …", files.len()));
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    for (file, result) in names.into_iter().zip(io.download(files)) {
        match result {
            Ok(path) => downloaded.files.push(path),
            Err(reason) => downloaded.missed.push(Missed { file, reason }),
        }
    }
    Ok(downloaded)
}

/// As the command line writes it.
#[must_use]
pub fn reply(downloaded: Downloaded) -> Reply {
    if downloaded.total == 0 {
        let json =
            object! {"error": "No result URLs found", "downloaded": Value::Array(Vec::new())};
        return Reply {
            exit_code: 1,
            ..Reply::only_json(json)
        };
    }
    let failed = !downloaded.missed.is_empty();
    let mut json = object! {"output_dir": downloaded.folder, "downloaded": downloaded.files, "total": downloaded.total};
    if failed {
        let missed = downloaded.missed.into_iter();
        let errors = missed.map(|missed| object! {"file": missed.file, "error": missed.reason});
        json["errors"] = Value::Array(errors.collect());
    }
    Reply {
        exit_code: u8::from(failed),
        ..Reply::only_json(json)
    }
}

/// The results that the user named, each once.
///
/// # Errors
/// Permanent: an address outside of the stores of results.
fn given(urls: &[String]) -> Result<Vec<ResultUrl>, Problem> {
    let mut found = Links::default();
    for text in urls {
        let url = ResultUrl::parse(text.trim()).ok_or_else(|| {
            Problem::permanent(format!(
                "Not a result URL: {}",
                super::tasks::printable(text)
            ))
            .advise(format!(
                "Result URLs begin with {}",
                prefixes().join(" or ")
            ))
        })?;
        found.add(url);
    }
    Ok(found.into_vec())
}

/// All results of a session, as its service lists them now.
///
/// # Errors
/// For an unknown session or a key of another service; as the service says otherwise.
fn of_session(io: &Io, settings: &Settings, id: &str) -> Result<Vec<ResultUrl>, Problem> {
    let session = known(io, id)?;
    if let Some(view) = session.given() {
        return Ok(view.results);
    }
    let upstream = upstream_of(settings, &session)?;
    let marks = session.marks();
    let found = upstream.results(io, &session.job(&marks));
    found.map_err(|error| error.problem())
}

/// A file's name: its number in the order of the results, two digits at least, and the ending of the result.
fn name(prefix: Option<&str>, number: usize, url: &ResultUrl) -> String {
    let extension = url
        .extension()
        .map_or_else(|| "bin".to_owned(), str::to_ascii_lowercase);
    match prefix {
        Some(prefix) => format!("{prefix}_{number:02}.{extension}"),
        // Numbered, not named after the store's object: those names are digests, and the order of results would
        // be lost.
        None => format!("{number:02}.{extension}"),
    }
}

/// A prefix that can't leave the folder: letters and digits of any script, `-`, `_`, inner dots and spaces.
fn safe_prefix(text: &str) -> String {
    let safe: String = text
        .chars()
        .take(MAX_PREFIX_CHARS)
        .map(|c| {
            if c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ') {
                c
            } else {
                '_'
            }
        })
        .collect();
    safe.trim_matches(|c| matches!(c, '.' | ' '))
        // Dots in the middle stay, but never two of them: whichever system joins the path, no name leaves the
        // folder.
        .replace("..", "_")
}

#[cfg(test)]
mod tests {
    use super::safe_prefix;

    #[test]
    fn a_prefix_names_no_other_folder() {
        assert_eq!(safe_prefix("../../x"), "_.._x".replace("..", "_"));
        assert!(!safe_prefix("/etc/passwd").contains('/'));
        assert_eq!(safe_prefix("猫 1"), "猫 1");
    }
}
