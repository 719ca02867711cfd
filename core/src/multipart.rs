//! `multipart/form-data` (RFC 7578) around one file whose bytes pass by elsewhere.

/// A form with text fields and, last, one file.
pub struct Form {
    boundary: String,
    head: Vec<u8>,
}

impl Form {
    /// An empty form; the boundary has to be random.
    #[must_use]
    pub fn new(nonce: &str) -> Self {
        Self {
            boundary: format!("libtv-{nonce}"),
            head: Vec::new(),
        }
    }

    /// Adds a text field. The value goes raw, in UTF-8; the name is ours.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        let part = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n",
            self.boundary
        );
        self.head.extend_from_slice(part.as_bytes());
        self
    }

    /// Begins the form with JSON, which is read by its own type.
    #[must_use]
    pub fn json(mut self, name: &str, text: &str) -> Self {
        let part = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: application/json\r\n\r\n{text}\r\n",
            self.boundary
        );
        self.head.extend_from_slice(part.as_bytes());
        self
    }

    /// Adds a file whose bytes are here.
    #[must_use]
    pub fn small_file(mut self, name: &str, file_name: &str, kind: &str, bytes: &[u8]) -> Self {
        self.begin_file(name, file_name, kind);
        self.head.extend_from_slice(bytes);
        self.head.extend_from_slice(b"\r\n");
        self
    }

    fn begin_file(&mut self, name: &str, file_name: &str, content_type: &str) {
        self.begin_described(name, file_name, "", content_type);
    }

    /// The head of a file's part; `more` is what else is said of it in its first line.
    fn begin_described(&mut self, name: &str, file_name: &str, more: &str, content_type: &str) {
        let file_name = safe_file_name(file_name);
        let part = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"{more}\r\nContent-Type: {content_type}\r\n\r\n",
            self.boundary
        );
        self.head.extend_from_slice(part.as_bytes());
    }

    /// Ends the form with the file: its type for the request, what stands before and after its bytes.
    #[must_use]
    pub fn file(mut self, name: &str, file_name: &str, content_type: &str) -> FormEnds {
        self.begin_file(name, file_name, content_type);
        self.end()
    }

    /// The same with the length of the file in its head, where a platform asks for it. `len` in bytes.
    #[must_use]
    pub fn file_of_length(
        mut self,
        name: &str,
        file_name: &str,
        content_type: &str,
        len: u64,
    ) -> FormEnds {
        let len = ["; filelength=", &len.to_string()].concat();
        self.begin_described(name, file_name, &len, content_type);
        self.end()
    }

    fn end(self) -> FormEnds {
        FormEnds {
            content_type: format!("multipart/form-data; boundary={}", self.boundary),
            head: self.head,
            tail: format!("\r\n--{}--\r\n", self.boundary).into_bytes(),
        }
    }
}

/// What stands around the file's bytes.
pub struct FormEnds {
    /// The request's content type.
    pub content_type: String,
    /// Before.
    pub head: Vec<u8>,
    /// After.
    pub tail: Vec<u8>,
}

/// A name that can't break out of its header: ASCII, no quotes, separators or controls.
#[must_use]
pub fn safe_file_name(name: &str) -> String {
    const MAX_CHARS: usize = 100;
    // Either separator: the file may come from Windows, and whoever receives it must learn no path of this
    // machine.
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let safe: String = base
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') {
                c
            } else {
                '_'
            }
        })
        .collect();
    // Its end is kept: by the ending the receiver tells the kind.
    let skipped = safe.len().saturating_sub(MAX_CHARS);
    let safe = safe[skipped..].trim_start_matches('.').trim();
    if safe.is_empty() {
        "file".to_owned()
    } else {
        safe.to_owned()
    }
}

/// A text as one value of a form that is no multipart one, or as one segment of a path.
#[must_use]
pub fn encoded(text: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    // A `+` is a blank in forms and queries only.
    encoded.replace('+', "%20")
}
