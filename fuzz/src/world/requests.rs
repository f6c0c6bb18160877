//! What is asked of the registry, and what the model says that it must answer.

use std::net::{IpAddr, SocketAddr};

use papo_core::wire::rendezvous::{Purpose, Signed};
use serde_json::{Value, json};

use super::*;

impl World {
    pub(super) fn register(&mut self, from: SocketAddr, who: Who, port: u16, ttl: u32, sign: Sign) {
        let (namespace, name, ip) = (
            Who::namespace(who.namespace),
            Who::name(who.name),
            from.ip().to_canonical(),
        );
        let signed = signature(sign, Purpose::Register, &namespace, &name, port);
        let mut request = json!({"type": "REGISTER", "namespace": namespace, "name": name, "port": port, "ttl": ttl});
        if let Some(signed) = signed {
            request["x"] = json!(signed);
        }
        let Some(reply) = self.ask(from, request.to_string().as_bytes()) else {
            return;
        };
        if !self.is_watched() {
            return;
        }
        let refusal = self.refusal(&namespace, &name, ip, sign, signed.as_ref());
        let code = reply["error"].as_str().or(reply["message"].as_str());
        if code == Some("unauthorized") && refusal.perhaps_owned {
            return;
        }
        assert_eq!(code, refusal.code, "{request}");
        if code.is_some() {
            return;
        }
        let ttl = ttl.min(LEASE_MAX_SECS);
        assert_eq!(reply["ttl"], ttl);
        assert_eq!(reply["ip"], ip.to_string());
        let expires = self.now + Duration::from_secs(ttl.into());
        let key = signed.map(|signed| signed.pk);
        if let Some(signed) = signed {
            self.model.records.retain(|record| {
                record.ip == ip || record.key != key || (&record.namespace, &record.name) != (&namespace, &name)
            });
            let until = expires + OWNER_KEEPS;
            let (namespace, name) = (namespace.clone(), name.clone());
            self.model.own(Owner {
                namespace,
                name,
                key: signed.pk,
                seq: signed.seq,
                until,
            });
        } else if refusal.perhaps_owned {
            self.model
                .owners
                .retain(|owner| (&owner.namespace, &owner.name) != (&namespace, &name));
        }
        self.model.put(Record {
            namespace,
            name,
            ip,
            port,
            ttl,
            expires,
            key,
        });
    }

    /// What a registration must be told.
    fn refusal(&self, namespace: &str, name: &str, ip: IpAddr, sign: Sign, signed: Option<&Signed>) -> Refusal {
        let known = self.model.record(namespace, name, ip);
        let owner = self.model.owner(namespace, name);
        let owned = match (owner, signed) {
            (Some(owner), Some(signed)) if owner.key == signed.pk && owner.seq < signed.seq => Presence::No,
            (Some(_), None) if known.is_some_and(|record| record.key.is_none()) => Presence::No,
            (Some(owner), _) => presence(owner.until, self.now),
            (None, _) => Presence::No,
        };
        let count =
            |wanted: &dyn Fn(&Record) -> bool| self.model.records.iter().filter(|record| wanted(record)).count();
        let full = known.is_none()
            && (self.model.records.len() >= self.setup.total
                || count(&|record| record.namespace == namespace) >= self.setup.per_namespace
                || (!ip.is_loopback() && count(&|record| record.ip == ip) >= self.setup.per_address));
        let code = if owned == Presence::Yes || !matches!(sign, Sign::No | Sign::Good { .. }) {
            Some("unauthorized")
        } else if full {
            Some("over_quota")
        } else {
            (!self.storing).then_some("busy")
        };
        Refusal {
            code,
            perhaps_owned: owned == Presence::Perhaps,
        }
    }

    pub(super) fn unregister(&mut self, from: SocketAddr, who: Who, any_name: bool, port: Option<u16>, sign: Sign) {
        let (namespace, name, ip) = (
            Who::namespace(who.namespace),
            Who::name(who.name),
            from.ip().to_canonical(),
        );
        let signed_port = port.unwrap_or(1);
        let signed = signature(sign, Purpose::Unregister, &namespace, &name, signed_port);
        let mut request = json!({"type": "UNREGISTER", "namespace": namespace, "port": port});
        if !any_name {
            request["name"] = json!(name);
        }
        if let Some(signed) = signed {
            request["x"] = json!(signed);
        }
        let Some(reply) = self.ask(from, request.to_string().as_bytes()) else {
            return;
        };
        if !self.is_watched() || reply["status"] != "OK" {
            return;
        }
        let mut owner = self.model.owner(&namespace, &name).cloned();
        let fresh = owner
            .as_ref()
            .zip(signed)
            .is_none_or(|(owner, signed)| owner.seq < signed.seq && owner.key == signed.pk);
        // The port that is signed need not be the one that is asked for.
        let signs_for = match sign {
            Sign::Good { .. } => Some(signed_port),
            Sign::Elsewhere { .. } => Some(signed_port + 1),
            Sign::No | Sign::Misused { .. } => None,
        };
        let mut by_owner = false;
        self.model.records.retain(|record| {
            let meant = record.ip == ip
                && record.namespace == namespace
                && (any_name || record.name == name)
                && port.is_none_or(|port| port == record.port);
            let may = match (record.key, signed) {
                (None, _) => true,
                (Some(key), Some(signed)) => {
                    let good = signs_for == Some(record.port) && record.name == name;
                    by_owner |= meant && good && fresh && key == signed.pk;
                    good && fresh && key == signed.pk
                }
                (Some(_), None) => false,
            };
            !(meant && may)
        });
        if let (true, Some(owner), Some(signed)) = (by_owner, &mut owner, signed) {
            owner.seq = signed.seq;
            self.model.own(owner.clone());
        }
    }

    pub(super) fn discover(
        &mut self,
        from: SocketAddr,
        namespace: Option<u8>,
        limit: Option<u8>,
        sample: bool,
        all: &Option<Vec<Value>>,
    ) {
        let namespace = namespace.map(Who::namespace);
        let mut request = json!({"type": "DISCOVER", "namespace": namespace, "sample": sample});
        if let Some(limit) = limit {
            request["limit"] = json!(limit);
        }
        let Some(reply) = self.ask(from, request.to_string().as_bytes()) else {
            return;
        };
        let (Some(all), "OK") = (all, reply["status"].as_str().expect("a status")) else {
            return;
        };
        let of_namespace: Vec<&Value> = all
            .iter()
            .filter(|peer| namespace.as_ref().is_none_or(|wanted| peer["namespace"] == **wanted))
            .collect();
        let list = peers(&reply);
        let most = limit.map_or(usize::MAX, usize::from);
        assert_eq!(list.len(), most.min(of_namespace.len()), "{request}");
        let mut rest = of_namespace.iter();
        assert!(
            list.iter().all(|peer| rest.any(|other| *other == peer)),
            "{request}: strangers, or no order"
        );
        if !sample {
            assert!(
                list.iter().eq(of_namespace.into_iter().take(most)),
                "{request}: not the first ones"
            );
        }
    }
}
