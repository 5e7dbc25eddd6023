//! What kind of disk a case lies on, as far as it decides how to write safely.

use std::path::Path;

/// Magic numbers of file systems that several machines may share (`statfs(2)`): NFS, SMB, CIFS, SMB2, FUSE (sshfs), GPFS,
/// Lustre, Ceph, AFS, 9p.
const SHARED: [u64; 10] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x6573_5546, 0x4750_4653, 0x0bd0_0bd0, 0x00c3_6400, 0x5346_414f, 0x0102_1997];

/// Whether other machines may write there too. The write-ahead log needs memory that all writers share, so that on such a
/// disk the older, slower journal is used.
pub(super) fn is_shared(folder: &Path) -> bool {
    #[expect(clippy::cast_sign_loss, reason = "a magic number is a bit pattern; its type differs between systems")]
    rustix::fs::statfs(folder).is_ok_and(|found| SHARED.contains(&(found.f_type as u64 & 0xffff_ffff)))
}
