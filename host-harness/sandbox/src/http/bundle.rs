//! A platform's bundle of trusted certificates: text between marks, each certificate in base64 with line ends. Every
//! command reads two hundred kilobytes of it, and the general reader takes ten times as long. Not here: the user's own
//! file, which may hold whatever PEM may.

use std::fmt::Display;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memchr_iter;
use memchr::memmem::Finder;
use rustls::pki_types::CertificateDer;

/// Reads its certificates.
///
/// # Errors
/// A sentence: unreadable, or a certificate that isn't base64.
pub(super) fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    const END: &[u8] = b"-----END CERTIFICATE-----";
    let wrong = |reason: &dyn Display| format!("{} can't be read: {reason}", path.display());
    let text = std::fs::read(path).map_err(|error| wrong(&error))?;
    // By marks and not by lines: what stands between certificates, as their names do, is passed over.
    let (begin, end) = (Finder::new(BEGIN), Finder::new(END));
    let mut certificates = Vec::new();
    let mut rest = &text[..];
    while let Some(at) = begin.find(rest) {
        rest = &rest[at + BEGIN.len()..];
        let length = end
            .find(rest)
            .ok_or_else(|| wrong(&"a certificate has no end"))?;
        let der = decoded(&rest[..length]).map_err(|error| wrong(&error))?;
        certificates.push(CertificateDer::from(der));
        rest = &rest[length..];
    }
    Ok(certificates)
}

/// Base64 in lines.
///
/// # Errors
/// It is something else.
fn decoded(lines: &[u8]) -> Result<Vec<u8>, base64::DecodeError> {
    // Whole lines are joined, which takes a tenth of a look at each byte.
    let mut digits = Vec::with_capacity(lines.len());
    let mut from = 0;
    for to in memchr_iter(b'\n', lines).chain([lines.len()]) {
        digits.extend_from_slice(lines[from..to].trim_ascii());
        from = to + 1;
    }
    STANDARD.decode(&digits).or_else(|_| {
        // A space inside of a line, where nobody puts any.
        digits.retain(|byte| !byte.is_ascii_whitespace());
        STANDARD.decode(digits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tls::read_pem;

    fn bundle(certificates: &[Vec<u8>], line_end: &str) -> String {
        let mut text = String::new();
        for (index, certificate) in certificates.iter().enumerate() {
            text.push_str(&format!(
                "# the {index}th{line_end}-----BEGIN CERTIFICATE-----{line_end}"
            ));
            for line in STANDARD.encode(certificate).as_bytes().chunks(64) {
                text.push_str(&String::from_utf8_lossy(line));
                text.push_str(line_end);
            }
            text.push_str("-----END CERTIFICATE-----");
            text.push_str(line_end);
        }
        text
    }

    #[test]
    fn a_bundle_is_read_as_the_general_reader_reads_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let certificates: Vec<Vec<u8>> = (0..9)
            .map(|length| (0..length * 37).map(|byte| byte as u8).collect())
            .collect();
        for line_end in ["\n", "\r\n"] {
            std::fs::write(file.path(), bundle(&certificates[1..], line_end)).unwrap();
            let general = read_pem(file.path()).unwrap();
            assert_eq!(read(file.path()).unwrap(), general);
            assert_eq!(general.len(), 8);
        }
    }

    #[test]
    fn a_space_inside_of_a_line_is_passed_over() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = bundle(&[vec![7; 100]], "\n");
        std::fs::write(file.path(), text.replace("Bw", "B w")).unwrap();
        assert_eq!(read(file.path()).unwrap(), [vec![7; 100].into()]);
    }

    #[test]
    fn a_damaged_bundle_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let whole = bundle(&[vec![7; 100]], "\n");
        for damaged in [
            whole.replace("-----END", "-----ENDE"),
            whole.replace("Bw", "B~"),
        ] {
            std::fs::write(file.path(), &damaged).unwrap();
            let reason = read(file.path()).unwrap_err();
            assert!(reason.contains(&*file.path().to_string_lossy()), "{reason}");
        }
    }
}
