//! `upload`: a reference image or video to the service.

use serde_json::json;

use super::Reply;
use crate::config::Settings;
use crate::io::{FileSource, HttpError, Io, RelayError, SendFile};
use crate::json;
use crate::media;
use crate::multipart::Form;
use crate::problem::Problem;
use crate::types::{File, InputFile, Uploaded};
use crate::upstream::{References, Upstream};

/// Uploads a file; it streams.
///
/// # Errors
/// Permanent for a file that is missing, too large or of another kind; as the service says otherwise.
pub fn run(
    io: &Io,
    settings: &Settings,
    file: File,
    named: Option<&str>,
) -> Result<Uploaded, Problem> {
    let upstream = settings.upstream(named)?;
    let max_bytes = max_bytes(&upstream)?;
    let (source, name, size) = match file {
        File::Path(path) => (FileSource::Path(path.clone()), path, None),
        File::Input(InputFile { name, size }) => (FileSource::Stdin, name, Some(size)),
    };
    if let Some(size) = size {
        // Before a byte is read: with standard input the harness says the size beforehand.
        check_size(size, max_bytes)?;
    }
    let shown = super::tasks::printable(&name);
    let seen = io
        .inspect(source.clone(), size)
        .map_err(|reason| Problem::permanent(format!("Cannot read {shown}: {reason}")))?;
    let Some(seen) = seen else {
        return Err(Problem::permanent(format!("File not found: {shown}")));
    };
    check_size(seen.len, max_bytes)?;
    // A service takes an empty file and fails on it minutes later, when it was paid for.
    if seen.len == 0 {
        return Err(Problem::permanent(format!("The file is empty: {shown}")));
    }
    let kind = media::upload_type(&name, &seen.head).map_err(|mime| {
        Problem::permanent(format!(
            "Unsupported file type: {mime}. Only image and video files supported."
        ))
    })?;
    let form = Form::new(&io.nonce()).file("file", &name, kind.content_type);
    let Some(upload) = upstream.upload(&form.content_type) else {
        return Err(nothing_uploaded(&upstream));
    };
    io.err(format!("Uploading {shown} ({} MB) …", megabytes(seen.len)));
    let answer = io.send_file(SendFile {
        source,
        source_len: seen.len,
        upload,
        head: form.head,
        tail: form.tail,
    });
    let answer = match answer {
        Ok(response) => Ok(response),
        Err(RelayError::Upload(error)) => Err(error),
        Err(RelayError::Cut(reason)) => Err(HttpError::Lost(reason)),
        // The file changed or ended while it was read: the same call fails again, unlike one that the network
        // lost.
        Err(RelayError::Source { reason, .. }) => {
            return Err(Problem::permanent(format!("Cannot read {shown}: {reason}")));
        }
    };
    let url = upstream.uploaded(io, answer);
    let Some(url) = url.map_err(|error| error.problem())? else {
        return Err(Problem::temporary("Failed: no url returned"));
    };
    Ok(Uploaded {
        url: super::tasks::printable(&url),
    })
}

/// As the command line writes it.
#[must_use]
pub fn reply(uploaded: &Uploaded) -> Reply {
    let url = &uploaded.url;
    let json = json!({"url": url});
    let lines = vec![
        "✅ Upload successful".to_owned(),
        ["   url: ", url].concat(),
        json::text(&json),
    ];
    Reply::good(lines, json)
}

/// The most bytes that the service takes.
fn max_bytes(upstream: &Upstream<'_>) -> Result<u64, Problem> {
    match upstream.service().traits().references {
        References::Uploaded(max_bytes) => Ok(max_bytes),
        References::InRequest(_) => Err(nothing_uploaded(upstream)),
    }
}

/// What is said with a key of a service that takes files in the request itself.
fn nothing_uploaded(upstream: &Upstream<'_>) -> Problem {
    let title = upstream.service().member().title;
    Problem::permanent(format!("{title} takes no uploads."))
}

/// Refuses what the service would refuse, before it is sent.
///
/// # Errors
/// Permanent: it is too large.
fn check_size(bytes: u64, max_bytes: u64) -> Result<(), Problem> {
    if bytes <= max_bytes {
        return Ok(());
    }
    Err(Problem::permanent(format!(
        "File too large ({}MB). Maximum {}MB.",
        megabytes(bytes),
        max_bytes / MEGABYTE
    )))
}

/// As the services count: 1024 times 1024 bytes.
const MEGABYTE: u64 = 1024 * 1024;

/// With one digit behind the point. Not by a floating-point number: writing one takes 12 KB of code.
fn megabytes(bytes: u64) -> String {
    let (whole, rest) = (bytes / MEGABYTE, bytes % MEGABYTE);
    let tenths = (rest * 10 + MEGABYTE / 2) / MEGABYTE;
    format!("{}.{}", whole + tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::megabytes;

    #[test]
    fn a_size_is_rounded_to_a_tenth() {
        for (bytes, shown) in [
            (0, "0.0"),
            (52_428, "0.0"),
            (52_429, "0.1"),
            (1_048_575, "1.0"),
            (1_048_576, "1.0"),
            (220_200_960, "210.0"),
            (u64::MAX, "17592186044416.0"),
        ] {
            assert_eq!(megabytes(bytes), shown, "{bytes}");
        }
    }
}
