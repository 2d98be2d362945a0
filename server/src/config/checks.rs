//! What single values cannot show: settings that contradict each other.

use std::net::SocketAddr;

use super::settings::Settings;

/// A contradiction to look for.
pub(super) struct Check {
    /// The settings it is about; the first is the one that is reported.
    pub(super) names: &'static [&'static str],
    /// What is wrong and what would be right, if something is.
    pub(super) look: fn(&Settings) -> Option<String>,
}

/// All of them.
pub(super) const CHECKS: &[Check] = &[
    Check {
        names: &["listen", "admin"],
        look: |settings| {
            same_socket(settings.listen, settings.admin).then(|| {
                "both take the same port of the same address: give one of them another port".to_owned()
            })
        },
    },
    Check {
        names: &["max_unauthenticated_per_address", "max_connections"],
        look: |settings| {
            (settings.max_unauthenticated_per_address > settings.max_connections).then(|| {
                "one address may hold more connections than there are: lower the first or raise the second"
                    .to_owned()
            })
        },
    },
    Check {
        names: &["record_file_mib", "record_total_mib"],
        look: |settings| {
            (settings.record_file_mib > settings.record_total_mib).then(|| {
                "one file of a recording may be larger than all together: lower the first or raise the second"
                    .to_owned()
            })
        },
    },
    Check {
        names: &["near_radius", "interest_radius"],
        look: |settings| {
            let differ = settings
                .near_radius
                .zip(settings.interest_radius)
                .is_some_and(|(near, interest)| near != interest);
            differ.then(|| {
                "a near_radius of its own counts only when interest_radius is \"all\": \
                 set near_radius to \"auto\", or interest_radius to \"all\""
                    .to_owned()
            })
        },
    },
];

fn same_socket(a: SocketAddr, b: SocketAddr) -> bool {
    let overlap = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() != 0 && a.port() == b.port() && overlap
}
