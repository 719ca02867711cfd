//! The typed calls that move files of the user's: one to a service, results into a folder. What may be read and written is
//! judged as for the commands. Not here: what the component does with them.

use std::path::{Path, PathBuf};

use contract::kind;
use wasmtime::Store;

use super::downloads::{Downloads, GUEST_DOWNLOADS};
use super::places::Places;
use super::upload::Upload;
use crate::answer;
use crate::bindings::LibtvVideo;
use crate::error::CallError;
use crate::harness::Harness;
use crate::kind::Kind;
use crate::types::{Downloaded, File, InputFile, Uploaded, WantedResults};
use sandbox::call::{Guest, Output};

impl Harness {
    /// Uploads one picture or film of at most 200 MB, decided by its content, for a request to this service that refers to it;
    /// without a name to the one that requests go to. The component sees its bytes and its name, and nothing of where it lies.
    ///
    /// # Errors
    /// [`CallError`]: it isn't there, is something else, lies where secrets are kept or holds one, or the service refuses it.
    pub async fn upload(&self, path: &Path, service: Option<&str>) -> Result<Uploaded, CallError> {
        let opened = Upload::open(path, &Places::of(self))?;
        let mut terms = self.as_command(Output::discard(), None);
        let file = match opened {
            // What isn't there is the component's to tell.
            None => File::Path(path.to_string_lossy().into_owned()),
            Some(upload) => {
                let input = InputFile {
                    name: upload.name.to_string_lossy().into_owned(),
                    size: upload.bytes,
                };
                let basis = self.basis(None);
                // Searched here and not only on its way out: the component would have read the secret by then.
                terms.stdin = Some(upload.searched(&basis.broker.spellings())?);
                File::Input(input)
            }
        };
        let (File::Path(said) | File::Input(InputFile { name: said, .. })) = &file;
        let given = &file;
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance.call_upload(&mut store, given, service).await
        };
        let said: Vec<&str> = [said.as_str()].into_iter().chain(service).collect();
        self.typed_on(terms, Kind::Upload, &said, work, answer::uploaded)
            .await
            .0
    }

    /// Stores results in `folder`, which is made if need be; without one in the folder that the settings name. Their names
    /// begin with `prefix`. A file is complete or not there, and none of other content is overwritten.
    ///
    /// # Errors
    /// [`CallError`]: there is no such session, or nothing may be stored there. What goes wrong with a file stands in the
    /// answer.
    pub async fn download(
        &self,
        results: WantedResults,
        folder: Option<&Path>,
        prefix: Option<&str>,
    ) -> Result<Downloaded, CallError> {
        let (session, mut said) = match &results {
            WantedResults::Session(id) => (Some(id.clone()), vec![id.as_str()]),
            WantedResults::Urls(urls) => (None, urls.iter().map(String::as_str).collect()),
        };
        said.extend(prefix);
        // Before a folder is made for it.
        let basis = self.basis(None);
        self.admit(&basis, kind::Kind::Download, said.iter().copied())?;
        let asked: Option<PathBuf> = folder
            .or(self.settings().downloads.as_deref())
            .map(Path::to_owned);
        let downloads = match &asked {
            Some(asked) => {
                let prefix = prefix.map(Path::new);
                Some(Downloads::open(asked, prefix, &Places::of(self))?)
            }
            None => None,
        };
        let mut terms = self.as_command(Output::discard(), None);
        terms
            .folders
            .extend(downloads.as_ref().map(Downloads::folder));
        let guests = downloads.is_some().then_some(GUEST_DOWNLOADS);
        let wanted = &results;
        let work = |instance: LibtvVideo, mut store: Store<Guest>| async move {
            instance
                .call_download(&mut store, wanted, guests, prefix)
                .await
        };
        let call = self.typed_on(
            terms,
            Kind::Download(session),
            &said,
            work,
            answer::downloaded,
        );
        let result = call.await.0;
        match downloads {
            Some(downloads) => downloads.finish_typed(result),
            None => result,
        }
    }
}
