//! Cases in files: one `SQLite` file each, to which entries are only ever added. What an entry means is
//! [`crate::case`]'s; here it is kept, so that nothing acknowledged is lost by a dropped line, a kill or a power cut.

mod error;
mod file;
mod folder;
mod lock;
mod storage;

pub use error::LedgerError;
pub use file::{Audit, Ledger, Mode};
pub use folder::{Folder, Listed};
pub use lock::Holder;
