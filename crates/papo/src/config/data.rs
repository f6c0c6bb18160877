//! Where data lies: `--data` and `--ephemeral`, which hubs and registries share.

use super::layer::Layers;
use crate::error::Failure;
use crate::text::Message;

/// Where somebody wants data to lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place<T> {
    /// Nowhere.
    Nowhere,
    /// There.
    At(T),
}

/// What the strongest layer says that says where the data lies.
pub(super) fn place<T>(
    layers: &Layers,
    parse: impl Fn(&str) -> Result<T, Message>,
) -> Result<Option<Place<T>>, Failure> {
    let mut refused = false;
    for layer in &layers.0 {
        let ephemeral = layer.get("ephemeral");
        let asked = ephemeral.filter(|found| found.given.is_on());
        match (layer.get("data"), asked) {
            (Some(data), Some(ephemeral)) => {
                let message = Message::new("error-data-ephemeral").showing("data", &data.source);
                return Err(Failure::usage(message.showing("ephemeral", &ephemeral.source)));
            }
            (Some(data), None) => {
                let text = data.given.text();
                let parsed = parse(text).map_err(|reason| data.source.refuse(text, reason))?;
                return Ok(Some(Place::At(parsed)));
            }
            // A stronger layer may have said no to what a weaker one asks for.
            (None, Some(_)) if !refused => return Ok(Some(Place::Nowhere)),
            (None, _) => refused |= ephemeral.is_some(),
        }
    }
    Ok(None)
}
