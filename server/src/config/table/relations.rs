//! Pairs of settings that depend on each other: when two values contradict each other, and how the
//! default of each setting is adjusted to the value of the other.
//!
//! If a user sets only one of a pair, there is no contradiction, because the default of the other
//! is adjusted. Only two values that the user wrote can contradict each other. The exception is
//! `proxy_protocol`, because nobody but the user knows the proxies. Each setting is in at most one
//! relation.

use std::net::SocketAddr;

use crate::config::settings::Settings;

/// Two settings that depend on each other.
pub(in crate::config) struct Relation {
    pub(in crate::config) pair: [RelatedSetting; 2],
    /// Describes why two written values contradict each other and how to correct them. Returns
    /// `None` if they do not.
    pub(in crate::config) contradiction: fn(&Settings) -> Option<String>,
}

/// One setting of a pair.
pub(in crate::config) struct RelatedSetting {
    pub(in crate::config) name: &'static str,
    /// Adjusts the default of this setting if it contradicts the value of the other. `None`: the
    /// default never contradicts it.
    pub(in crate::config) follow: Option<fn(&mut Settings)>,
}

/// All relations.
pub(in crate::config) const RELATIONS: &[Relation] = &[
    Relation {
        pair: [
            RelatedSetting {
                name: "listen",
                follow: Some(|settings| settings.listen = avoid_port_of(settings.listen, settings.admin)),
            },
            RelatedSetting {
                name: "admin",
                follow: Some(|settings| settings.admin = avoid_port_of(settings.admin, settings.listen)),
            },
        ],
        contradiction: |settings| {
            same_socket(settings.listen, settings.admin)
                .then(|| "both use the same port of the same address: change one of the ports".to_owned())
        },
    },
    Relation {
        pair: [
            RelatedSetting {
                name: "max_unauthenticated_per_address",
                follow: Some(|settings| {
                    lower(
                        &mut settings.edge.max_unauthenticated_per_address,
                        settings.edge.max_connections,
                    )
                }),
            },
            RelatedSetting {
                name: "max_connections",
                follow: Some(|settings| {
                    raise(
                        &mut settings.edge.max_connections,
                        settings.edge.max_unauthenticated_per_address,
                    )
                }),
            },
        ],
        contradiction: |settings| {
            (settings.edge.max_unauthenticated_per_address > settings.edge.max_connections).then(|| {
                "one address may have more connections than the server accepts: lower max_unauthenticated_per_address or \
                 raise max_connections"
                    .to_owned()
            })
        },
    },
    Relation {
        pair: [
            RelatedSetting {
                name: "record_file_mib",
                follow: Some(|settings| {
                    lower(&mut settings.recording.file_bytes, settings.recording.total_bytes)
                }),
            },
            RelatedSetting {
                name: "record_total_mib",
                follow: Some(|settings| {
                    raise(&mut settings.recording.total_bytes, settings.recording.file_bytes)
                }),
            },
        ],
        contradiction: |settings| {
            (settings.recording.file_bytes > settings.recording.total_bytes).then(|| {
                "one file of a recording may be larger than all files together: lower record_file_mib or raise \
                 record_total_mib"
                    .to_owned()
            })
        },
    },
    Relation {
        pair: [
            RelatedSetting {
                name: "record",
                follow: None,
            },
            RelatedSetting {
                name: "state",
                follow: None,
            },
        ],
        contradiction: |settings| {
            let same = settings
                .recording
                .directory
                .as_ref()
                .zip(settings.state.as_ref())
                .is_some_and(|(record, state)| record == state);
            same.then(|| "both use the same directory: change one of the two".to_owned())
        },
    },
    Relation {
        pair: [
            RelatedSetting {
                name: "admin_token",
                follow: None,
            },
            RelatedSetting {
                name: "admin_token_file",
                follow: None,
            },
        ],
        contradiction: |settings| {
            let both = settings.admin_token.is_some() && settings.admin_token_file.is_some();
            both.then(|| "the admin port has one token: set one of the two".to_owned())
        },
    },
    Relation {
        pair: [
            RelatedSetting {
                name: "proxy_protocol",
                follow: None,
            },
            RelatedSetting {
                name: "trusted_proxies",
                follow: None,
            },
        ],
        contradiction: |settings| {
            let nobody = settings.edge.proxy_protocol && settings.edge.trusted_proxies.is_empty();
            nobody.then(|| "nobody would send a PROXY header: name the proxies in trusted_proxies".to_owned())
        },
    },
    Relation {
        pair: [
            RelatedSetting {
                name: "near_radius",
                // The default is `auto`, which is the interest radius.
                follow: Some(|_| {}),
            },
            RelatedSetting {
                name: "interest_radius",
                follow: Some(|settings| {
                    settings.interest_radius = settings.near_radius.or(settings.interest_radius)
                }),
            },
        ],
        contradiction: |settings| {
            let differ = settings
                .near_radius
                .zip(settings.interest_radius)
                .is_some_and(|(near, interest)| near != interest);
            differ.then(|| {
                "near_radius may differ from interest_radius only if interest_radius is \"all\": \
                 set near_radius to \"auto\", or interest_radius to \"all\""
                    .to_owned()
            })
        },
    },
];

impl Relation {
    /// Returns each setting of the pair, with the name of the other.
    pub(in crate::config) fn both_ways(&self) -> [(&RelatedSetting, &'static str); 2] {
        let [one, other] = &self.pair;
        [(one, other.name), (other, one.name)]
    }
}

fn lower<T: Ord + Copy>(value: &mut T, most: T) {
    *value = most.min(*value);
}

fn raise<T: Ord + Copy>(value: &mut T, least: T) {
    *value = least.max(*value);
}

/// Returns the default address, with port 7375 if `taken` uses its port. 7375 is not the default
/// port of the other setting: a scraper of the usual admin port must not reach the world.
fn avoid_port_of(default: SocketAddr, taken: SocketAddr) -> SocketAddr {
    const FREE: u16 = 7375;
    let mut address = default;
    if same_socket(address, taken) {
        address.set_port(FREE);
    }
    address
}

fn same_socket(a: SocketAddr, b: SocketAddr) -> bool {
    let overlap = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() != 0 && a.port() == b.port() && overlap
}
