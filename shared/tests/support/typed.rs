//! The forms of all messages, as serde sees them.

use parlour_shared::{
    close::CloseCode,
    message::{ClientMessage, Durability, LeaveReason, Refusal, Scope, ServerMessage},
    motion::Direction,
};
use serde_reflection::{ContainerFormat, Registry, Samples, Tracer, TracerConfig};

/// Every type that can occur in a message, in its binary form.
pub(crate) fn registry() -> Registry {
    let (mut tracer, samples) = (Tracer::new(TracerConfig::default()), Samples::new());
    tracer.trace_type::<ClientMessage>(&samples).unwrap();
    tracer.trace_type::<ServerMessage>(&samples).unwrap();
    // Enums within messages are found, but of each only the first variant.
    tracer.trace_type::<CloseCode>(&samples).unwrap();
    tracer.trace_type::<Direction>(&samples).unwrap();
    tracer.trace_type::<Durability>(&samples).unwrap();
    tracer.trace_type::<LeaveReason>(&samples).unwrap();
    tracer.trace_type::<Refusal>(&samples).unwrap();
    tracer.trace_type::<Scope>(&samples).unwrap();
    tracer
        .registry()
        .expect("every enum in a message is traced by itself")
}

/// The variants of an enum: number and name.
pub(crate) fn variants(registry: &Registry, name: &str) -> Vec<(u32, String)> {
    let ContainerFormat::Enum(variants) = &registry[name] else {
        panic!("{name} is no enum")
    };
    variants
        .iter()
        .map(|(number, variant)| (*number, variant.name.clone()))
        .collect()
}

/// The names of all enums.
pub(crate) fn enums(registry: &Registry) -> Vec<String> {
    let is_enum = |format: &ContainerFormat| matches!(format, ContainerFormat::Enum(_));
    registry
        .iter()
        .filter(|(_, format)| is_enum(format))
        .map(|(name, _)| name.clone())
        .collect()
}
