//! The interface of `wasi:filesystem`, operation by operation: what makes or lengthens something takes room, everything
//! else is passed on: to wasmtime's files, or to the records where the descriptor is one of theirs.

use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode,
    Filesize, Host, HostDescriptor, HostDirectoryEntryStream, MetadataHashValue, NewTimestamp,
    OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult, ReaddirIterator};

use super::listing::{Listing, Source};
use super::patience::Patience;
use super::records::{Opened, Wanted};
use super::stream::MeteredStream;
use super::{Files, take};

/// The same descriptor once more, for one call.
fn again(descriptor: &Resource<Descriptor>) -> Resource<Descriptor> {
    Resource::new_borrow(descriptor.rep())
}

impl preopens::Host for Files<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let folders = preopens::Host::get_directories(&mut self.inner)?;
        // wasmtime lists the folders in the order in which they were granted. Every other descriptor is
        // opened from one of these, so nothing is reached that has no room.
        for ((descriptor, _), room) in folders.iter().zip(&self.folders.rooms) {
            self.folders.of.insert(descriptor.rep(), Arc::clone(room));
        }
        let mut folders = folders;
        if let Some(state) = &self.folders.records {
            let (root, room) = (Opened::root(&state.records), Arc::clone(&state.room));
            let guest = state.guest.clone();
            folders.push((self.push_opened(root, room)?, guest));
        }
        Ok(folders)
    }
}

impl Host for Files<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        self.inner.convert_error_code(error)
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.inner.filesystem_error_code(error)
    }
}

impl HostDescriptor for Files<'_> {
    async fn write(
        &mut self,
        fd: Resource<Descriptor>,
        bytes: Vec<u8>,
        offset: Filesize,
    ) -> FsResult<Filesize> {
        let room = self.room(&fd)?;
        if let Some(opened) = self.opened(&fd) {
            let gap = offset.saturating_sub(opened.length());
            take(&room, gap.saturating_add(bytes.len() as u64), 0)?;
            return Ok(opened.write(&bytes, offset)?);
        }
        // A write far behind the end makes the file as long as that, at once: the gap counts, though it
        // takes no place on a disk that knows sparse files.
        let gap = if offset == 0 {
            0
        } else {
            let length = HostDescriptor::stat(&mut self.inner, again(&fd))
                .await?
                .size;
            offset.saturating_sub(length)
        };
        take(&room, gap.saturating_add(bytes.len() as u64), 0)?;
        self.inner.write(fd, bytes, offset).await
    }

    async fn set_size(&mut self, fd: Resource<Descriptor>, size: Filesize) -> FsResult<()> {
        let room = self.room(&fd)?;
        if let Some(opened) = self.opened(&fd) {
            take(&room, size.saturating_sub(opened.length()), 0)?;
            return Ok(opened.set_size(size)?);
        }
        let length = HostDescriptor::stat(&mut self.inner, again(&fd))
            .await?
            .size;
        // Only what is added: a shorter file gives nothing back before the folder is measured again.
        take(&room, size.saturating_sub(length), 0)?;
        self.inner.set_size(fd, size).await
    }

    fn write_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
    ) -> FsResult<Resource<DynOutputStream>> {
        let room = self.room(&fd)?;
        // What lies before the offset may be a gap: nobody can ask for the length here, so it counts.
        take(&room, offset, 0)?;
        let inner = match self.opened(&fd) {
            Some(opened) => opened.writer(Some(offset))?,
            None => {
                let stream = self.inner.write_via_stream(fd, offset)?;
                self.inner.table.delete(stream)?
            }
        };
        let metered: DynOutputStream = Box::new(MeteredStream { inner, room });
        Ok(self.inner.table.push(metered)?)
    }

    fn append_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let room = self.room(&fd)?;
        let inner = match self.opened(&fd) {
            Some(opened) => opened.writer(None)?,
            None => {
                let stream = self.inner.append_via_stream(fd)?;
                self.inner.table.delete(stream)?
            }
        };
        let metered: DynOutputStream = Box::new(MeteredStream { inner, room });
        Ok(self.inner.table.push(metered)?)
    }

    async fn open_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let room = self.room(&fd)?;
        // Also for a file that is there already: asking first would leave a moment in which it can go. The
        // account says one too many until the next measuring.
        let creates = open_flags.contains(OpenFlags::CREATE);
        if creates {
            Self::bounded_name(&path)?;
            take(&room, 0, 1)?;
        }
        if let Some(folder) = self.opened(&fd) {
            let wanted = Wanted {
                open: open_flags,
                flags,
            };
            let opened = match folder.open(&path, wanted).await {
                Ok(opened) => opened,
                Err(failed) => return Err(room.failed(failed)),
            };
            return Ok(self.push_opened(opened, room)?);
        }
        let opened = self
            .inner
            .open_at(fd, path_flags, path, open_flags, flags)
            .await;
        match &opened {
            Ok(opened) => drop(self.folders.of.insert(opened.rep(), room)),
            Err(_) if creates => room.removed_one(),
            Err(_) => {}
        }
        opened
    }

    fn drop(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.folders.of.remove(&fd.rep());
        if self.opened(&fd).is_some() {
            self.inner
                .table
                .delete(Resource::<Opened>::new_own(fd.rep()))?;
            return Ok(());
        }
        HostDescriptor::drop(&mut self.inner, fd)
    }

    async fn create_directory_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
    ) -> FsResult<()> {
        if let Some(folder) = self.opened(&fd) {
            Self::bounded_name(&path)?;
            self.for_new(&fd, 0)?;
            return Ok(folder.make_folder(&path)?);
        }
        self.bounded_depth(&fd, &path)?;
        let room = self.for_new(&fd, 0)?;
        let made = self.inner.create_directory_at(fd, path).await;
        made.inspect_err(|_| room.removed_one())
    }

    async fn symlink_at(
        &mut self,
        fd: Resource<Descriptor>,
        source: String,
        path: String,
    ) -> FsResult<()> {
        Self::bounded_name(&path)?;
        if self.opened(&fd).is_some() {
            // As on a file system without links.
            return Err(ErrorCode::NotPermitted.into());
        }
        // The text of a link takes place like a file's content.
        let room = self.for_new(&fd, source.len())?;
        let made = self.inner.symlink_at(fd, source, path).await;
        made.inspect_err(|_| room.removed_one())
    }

    async fn link_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        new_fd: Resource<Descriptor>,
        new_path: String,
    ) -> FsResult<()> {
        self.same_folder(&fd, &new_fd)?;
        #[cfg(feature = "fault-injection")]
        if let Some(faults) = &self.folders.faults
            && faults.refuses_link()
        {
            // As Linux does on FAT.
            return Err(ErrorCode::NotPermitted.into());
        }
        Self::bounded_name(&new_path)?;
        let room = self.for_new(&fd, 0)?;
        if let (Some(folder), Some(new)) = (self.opened(&fd), self.opened(&new_fd)) {
            let linked = folder.link(&path, &new, &new_path).await;
            return linked.map_err(|failed| room.failed(failed));
        }
        let made = self
            .inner
            .link_at(fd, path_flags, path, new_fd, new_path)
            .await;
        made.inspect_err(|_| room.removed_one())
    }

    async fn rename_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
        new_fd: Resource<Descriptor>,
        new_path: String,
    ) -> FsResult<()> {
        self.same_folder(&fd, &new_fd)?;
        if let (Some(folder), Some(new)) = (self.opened(&fd), self.opened(&new_fd)) {
            Self::bounded_name(&new_path)?;
            return Ok(folder.rename(&path, &new, &new_path)?);
        }
        // No room is taken: a rename makes nothing longer. It may replace a file, which counts until the
        // next measuring.
        self.bounded_rename((&fd, &path), (&new_fd, &new_path))?;
        let patience = Patience::new();
        loop {
            let (from, to) = (path.clone(), new_path.clone());
            let renamed = self
                .inner
                .rename_at(again(&fd), from, again(&new_fd), to)
                .await;
            if !patience.lasts(&renamed).await {
                return renamed;
            }
        }
    }

    async fn unlink_file_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let room = self.room(&fd)?;
        if let Some(folder) = self.opened(&fd) {
            return Ok(folder.unlink(&path)?);
        }
        let patience = Patience::new();
        loop {
            let removed = self.inner.unlink_file_at(again(&fd), path.clone()).await;
            if patience.lasts(&removed).await {
                continue;
            }
            removed?;
            room.removed_one();
            return Ok(());
        }
    }

    async fn remove_directory_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
    ) -> FsResult<()> {
        let room = self.room(&fd)?;
        if let Some(folder) = self.opened(&fd) {
            return Ok(folder.remove_folder(&path)?);
        }
        self.inner.remove_directory_at(fd, path).await?;
        room.removed_one();
        Ok(())
    }

    // From here on nothing grows, so everything but the reading of folders is wasmtime's alone.
    async fn read(
        &mut self,
        fd: Resource<Descriptor>,
        length: Filesize,
        offset: Filesize,
    ) -> FsResult<(Vec<u8>, bool)> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(opened.read(length, offset)?);
        }
        self.inner.read(fd, length, offset).await
    }

    fn read_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
    ) -> FsResult<Resource<DynInputStream>> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(self.inner.table.push(opened.reader(offset)?)?);
        }
        self.inner.read_via_stream(fd, offset)
    }

    async fn read_directory(
        &mut self,
        fd: Resource<Descriptor>,
    ) -> FsResult<Resource<ReaddirIterator>> {
        let source = if let Some(opened) = self.opened(&fd) {
            let room = self.room(&fd)?;
            let listed = opened.list().await;
            Source::Records(listed.map_err(|failed| room.failed(failed))?)
        } else {
            let Descriptor::Dir(folder) = self.inner.table.get(&fd)? else {
                return Err(ErrorCode::NotDirectory.into());
            };
            Source::Folder(cap_primitives::fs::read_base_dir(&folder.dir)?)
        };
        let listing = Listing::new(source, Arc::clone(&self.folders.entries));
        let stream = self.inner.table.push(listing)?;
        // The interface has wasmtime's name for it, which holds the whole folder.
        Ok(Resource::new_own(stream.rep()))
    }

    async fn readlink_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<String> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(opened.read_link(&path)?);
        }
        self.inner.readlink_at(fd, path).await
    }

    async fn advise(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
        length: Filesize,
        advice: Advice,
    ) -> FsResult<()> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(opened.advise()?);
        }
        self.inner.advise(fd, offset, length, advice).await
    }

    async fn sync(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        if let Some(opened) = self.opened(&fd) {
            let room = self.room(&fd)?;
            let synced = opened.sync().await;
            return synced.map_err(|failed| room.failed(failed));
        }
        #[cfg(feature = "fault-injection")]
        if let Some(faults) = self.folders.faults.clone()
            && HostDescriptor::get_type(&mut self.inner, again(&fd)).await?
                == DescriptorType::Directory
            && faults.refuses_folder_sync()
        {
            // As CIFS and some FUSE file systems do.
            return Err(ErrorCode::Invalid.into());
        }
        self.inner.sync(fd).await
    }

    async fn sync_data(&mut self, fd: Resource<Descriptor>) -> FsResult<()> {
        if self.opened(&fd).is_some() {
            return HostDescriptor::sync(self, fd).await;
        }
        self.inner.sync_data(fd).await
    }

    async fn get_flags(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorFlags> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(opened.flags());
        }
        self.inner.get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorType> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(opened.kind());
        }
        self.inner.get_type(fd).await
    }

    async fn stat(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorStat> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(opened.stat());
        }
        HostDescriptor::stat(&mut self.inner, fd).await
    }

    async fn stat_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
    ) -> FsResult<DescriptorStat> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(opened.stat_at(&path)?);
        }
        self.inner.stat_at(fd, path_flags, path).await
    }

    async fn set_times(
        &mut self,
        fd: Resource<Descriptor>,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        if self.opened(&fd).is_some() {
            // A record has no times that anybody asks for.
            return Ok(());
        }
        self.inner.set_times(fd, accessed, modified).await
    }

    async fn set_times_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(opened.stat_at(&path).map(drop)?);
        }
        self.inner
            .set_times_at(fd, path_flags, path, accessed, modified)
            .await
    }

    async fn is_same_object(
        &mut self,
        one: Resource<Descriptor>,
        other: Resource<Descriptor>,
    ) -> wasmtime::Result<bool> {
        match (self.opened(&one), self.opened(&other)) {
            (None, None) => self.inner.is_same_object(one, other).await,
            (Some(one), Some(other)) => Ok(one.is_same(&other)),
            (Some(_), None) | (None, Some(_)) => Ok(false),
        }
    }

    async fn metadata_hash(&mut self, fd: Resource<Descriptor>) -> FsResult<MetadataHashValue> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(opened.hash());
        }
        self.inner.metadata_hash(fd).await
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        if let Some(opened) = self.opened(&fd) {
            return Ok(opened.hash_at(&path)?);
        }
        self.inner.metadata_hash_at(fd, path_flags, path).await
    }
}

impl HostDirectoryEntryStream for Files<'_> {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<ReaddirIterator>,
    ) -> FsResult<Option<DirectoryEntry>> {
        let listing = Resource::<Listing>::new_borrow(stream.rep());
        self.inner.table.get(&listing)?.next()
    }

    fn drop(&mut self, stream: Resource<types::DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.inner
            .table
            .delete(Resource::<Listing>::new_own(stream.rep()))?;
        Ok(())
    }
}
