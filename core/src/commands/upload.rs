//! `upload`: a reference image or video to the service; a picture for one that takes it with the request is kept here.

use super::Reply;
use crate::config::Settings;
use crate::io::{FileSource, HttpError, Inspected, Io, RelayError, SendFile};
use crate::json::{self, object};
use crate::media::{self, MediaKind};
use crate::multipart::{Form, FormEnds};
use crate::problem::{Cause, Problem};
use crate::store::pictures;
use crate::types::{File, InputFile, Uploaded};
use crate::upstream::{Order, Reference, References, Upstream};

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
    let (References::Uploaded(max_bytes) | References::InRequest(max_bytes)) =
        upstream.service().traits().references;
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
    let megabytes = megabytes(seen.len);
    let url = match upstream.service().traits().references {
        References::InRequest(_) => {
            io.err(format!("Keeping {shown} ({megabytes} MB) …"));
            kept(io, &upstream, source, &seen)?
        }
        References::Uploaded(_) => {
            io.err(format!("Uploading {shown} ({megabytes} MB) …"));
            let form = Form::new(&io.nonce()).file("file", &name, kind.content_type);
            sent(io, &upstream, source, seen.len, form, &shown)?
        }
    };
    Ok(Uploaded {
        url: super::tasks::printable(&url),
    })
}

/// Sends a file to the service; where it is then.
fn sent(
    io: &Io,
    upstream: &Upstream<'_>,
    source: FileSource,
    source_len: u64,
    form: FormEnds,
    shown: &str,
) -> Result<String, Problem> {
    let Some(upload) = upstream.upload(&form.content_type) else {
        let title = upstream.service().member().title;
        return Err(Problem::permanent(format!("{title} takes no uploads.")));
    };
    let answer = io.send_file(SendFile {
        source,
        source_len,
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
    url.map_err(|error| error.problem())?
        .ok_or_else(|| Problem::temporary("Failed: no url returned").because(Cause::Unreachable))
}

/// Keeps a picture here, for a service that takes it with the request; what stands for it in the words.
fn kept(
    io: &Io,
    upstream: &Upstream<'_>,
    source: FileSource,
    seen: &Inspected,
) -> Result<String, Problem> {
    let title = upstream.service().member().title;
    let MediaKind::Image(format) = media::sniff(&seen.head) else {
        return Err(Problem::permanent(format!(
            "{title} takes a video as a reference only from a public address, not as a file. Nothing was kept."
        )));
    };
    // As freely as anything is taken: what a clip wants beyond that is asked once it is known to be one.
    let order = Order {
        picture: true,
        references: &[Reference {
            path: String::new(),
            len: seen.len,
            format,
            size: media::image::dimensions(&seen.head),
        }],
        ..Order::default()
    };
    let unfit = upstream.fits(&order).map_err(|error| error.problem());
    unfit?;
    // Nothing leaves now: the service sees it with the first request that names it.
    let digest = pictures::keep(io, source, seen.len)?;
    Ok([pictures::MARK, &digest].concat())
}

/// As the command line writes it.
#[must_use]
pub fn reply(uploaded: &Uploaded) -> Reply {
    let url = &uploaded.url;
    let json = object! {"url": url};
    let lines = vec![
        "✅ Upload successful".to_owned(),
        ["   url: ", url].concat(),
        json::text(&json),
    ];
    Reply::good(lines, json)
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
        max_bytes.div_ceil(MEGABYTE)
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
