//! The lateral-movement jobs of Elastic's integration, whatever generation of their ids a cluster has.

/// One of the jobs; each looks at RDP sessions or remote file transfers from another side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Job {
    /// Many sources at one destination: the job behind the rule.
    SourcesPerDestination,
    /// Many destinations from one source.
    DestinationsPerSource,
    /// Long sessions.
    SessionLength,
    /// Sessions of very different length.
    SessionVariance,
    /// Many processes in a session.
    Processes,
    /// Long command lines in a session.
    Arguments,
    /// Sessions at an hour of the week that is unusual.
    UnusualHour,
    /// Many files transferred.
    FileTransfers,
    /// Large files transferred.
    FileSizes,
    /// Files with an ending rarely transferred.
    RareExtension,
    /// Files put where none are otherwise.
    RarePath,
}

/// Ids without suffix, underscores for hyphens: the longest first where one begins another.
const IDS: [(&str, Job); 11] = [
    ("lmd_high_rdp_distinct_count_source_ip_for_destination", Job::SourcesPerDestination),
    ("lmd_high_rdp_distinct_count_destination_ip_for_source", Job::DestinationsPerSource),
    ("lmd_high_mean_rdp_session_duration", Job::SessionLength),
    ("lmd_high_var_rdp_session_duration", Job::SessionVariance),
    ("lmd_high_sum_rdp_number_of_processes", Job::Processes),
    ("lmd_high_mean_rdp_process_args", Job::Arguments),
    ("lmd_unusual_time_weekday_rdp_session_start", Job::UnusualHour),
    ("lmd_high_count_remote_file_transfer", Job::FileTransfers),
    ("lmd_high_file_size", Job::FileSizes),
    ("lmd_rare_file_extension", Job::RareExtension),
    ("lmd_rare_file_path", Job::RarePath),
];

impl Job {
    /// The job of an id: plain, with a suffix (`_ea`, `_euid`), with hyphens, behind a prefix that a site gave it.
    pub fn of(id: &str) -> Option<Self> {
        let id = id.to_ascii_lowercase().replace('-', "_");
        let (start, _) = id.match_indices("lmd_").next()?;
        let id = id.get(start..)?;
        IDS.iter().find(|(known, _)| id.starts_with(known)).map(|(_, job)| *job)
    }

    /// What it finds unusual, in a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::SourcesPerDestination => "many sources at one destination",
            Self::DestinationsPerSource => "many destinations from one source",
            Self::SessionLength => "long sessions",
            Self::SessionVariance => "sessions of uneven length",
            Self::Processes => "many processes in sessions",
            Self::Arguments => "long command lines in sessions",
            Self::UnusualHour => "sessions at an unusual hour of the week",
            Self::FileTransfers => "many files transferred",
            Self::FileSizes => "large files transferred",
            Self::RareExtension => "files with a rare ending transferred",
            Self::RarePath => "files transferred to a rare place",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generation_of_an_id_is_known() {
        for id in [
            "lmd_high_rdp_distinct_count_source_ip_for_destination",
            "lmd_high_rdp_distinct_count_source_ip_for_destination_ea",
            "lmd_high_rdp_distinct_count_source_ip_for_destination_euid",
            "lmd-high-rdp-distinct-count-source-ip-for-destination",
            "site7_lmd_high_rdp_distinct_count_source_ip_for_destination_ea",
        ] {
            assert_eq!(Job::of(id), Some(Job::SourcesPerDestination), "{id}");
        }
        assert_eq!(Job::of("lmd_high_file_size_remote_file_transfer_ea"), Some(Job::FileSizes));
        assert_eq!(Job::of("lmd_rare_file_path_remote_transfer"), Some(Job::RarePath));
        assert_eq!(Job::of("v3_linux_anomalous_network_activity"), None);
        assert_eq!(Job::of("film_data"), None);
    }
}
