//! The memory that is available on Linux: of the machine, within the control groups of the program, and within its limits.

use std::fs;
use std::path::{Path, PathBuf};

/// Where control groups are mounted.
const GROUPS: &str = "/sys/fs/cgroup";

/// The files of a group that say its limit, what it uses, and how the part of that is called which can be had back.
struct GroupFiles {
    limit: &'static str,
    usage: &'static str,
    reclaimable: &'static str,
}

const FIRST_VERSION: GroupFiles = GroupFiles {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    reclaimable: "total_inactive_file",
};

const SECOND_VERSION: GroupFiles =
    GroupFiles { limit: "memory.max", usage: "memory.current", reclaimable: "inactive_file" };

/// The bytes that can be had without swapping; `None` where that is not known.
pub(crate) fn available_memory() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok()?;
    let machine = field(&machine, "MemAvailable:")?.checked_mul(1024)?;
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let groups = groups.lines().filter_map(of_groups);
    Some(groups.chain(of_addresses()).fold(machine, u64::min))
}

/// What the limit on the addresses of the program leaves (`ulimit -v`); `None` where there is none.
fn of_addresses() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let used = fs::read_to_string("/proc/self/status").ok()?;
    let used = field(&used, "VmSize:")?.checked_mul(1024)?;
    Some(address_limit(&limits)?.saturating_sub(used))
}

/// The soft limit on addresses in bytes, of a text as `/proc/self/limits`.
fn address_limit(limits: &str) -> Option<u64> {
    let mut limits = limits.lines().filter_map(|line| line.strip_prefix("Max address space"));
    limits.next()?.split_ascii_whitespace().next()?.parse().ok()
}

/// What the group that a line of `/proc/self/cgroup` names has left, and those that hold it.
fn of_groups(line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?);
    let (root, files) = match controllers {
        "" => (PathBuf::from(GROUPS), SECOND_VERSION),
        _ if controllers.split(',').any(|name| name == "memory") => {
            (Path::new(GROUPS).join("memory"), FIRST_VERSION)
        }
        _ => return None,
    };
    let path = root.join(path.trim_start_matches('/'));
    let groups = path.ancestors().take_while(|group| group.starts_with(&root));
    groups.filter_map(|group| left(group, &files)).min()
}

/// The bytes that a group has left; `None` where it has no limit.
fn left(group: &Path, files: &GroupFiles) -> Option<u64> {
    let read = |name: &str| fs::read_to_string(group.join(name)).ok();
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    let (limit, usage) = (number(files.limit)?, number(files.usage)?);
    let reclaimable = read("memory.stat").and_then(|text| field(&text, files.reclaimable));
    Some(limit.saturating_sub(usage.saturating_sub(reclaimable.unwrap_or(0))))
}

/// The number that follows a name at the start of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let mut words = text.lines().map(str::split_ascii_whitespace);
    words.find_map(|mut words| (words.next()? == name).then(|| words.next()?.parse().ok())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files as Linux 6 has them.
    #[test]
    fn numbers_are_found_by_their_names() {
        let meminfo = "MemTotal:       24689180 kB\nMemFree:  1 kB\nMemAvailable:   23145672 kB\n";
        assert_eq!(field(meminfo, "MemAvailable:"), Some(23_145_672));
        assert_eq!(field("inactive_file_x 5\ninactive_file 7\n", "inactive_file"), Some(7));
        assert_eq!(field("MemFree: 1 kB\n\n", "MemAvailable:"), None);
    }

    #[test]
    fn a_limit_on_addresses_is_found() {
        let limits = |soft: &str| {
            format!(
                "Limit  Soft Limit  Hard Limit  Units\nMax address space  {soft}  unlimited  bytes\n"
            )
        };
        assert_eq!(address_limit(&limits("2048000000")), Some(2_048_000_000));
        assert_eq!(address_limit(&limits("unlimited")), None);
    }

    #[test]
    fn a_group_has_what_its_limit_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("memory.max", "max\n");
        write("memory.current", "700\n");
        assert_eq!(left(folder.path(), &SECOND_VERSION), None);
        write("memory.max", "1000\n");
        assert_eq!(left(folder.path(), &SECOND_VERSION), Some(300));
        write("memory.stat", "anon 500\ninactive_file 150\n");
        assert_eq!(left(folder.path(), &SECOND_VERSION), Some(450));
        assert_eq!(left(folder.path(), &FIRST_VERSION), None);
        assert_eq!(of_groups("4:memory"), None);
        assert_eq!(of_groups("8:pids:/"), None);
    }
}
