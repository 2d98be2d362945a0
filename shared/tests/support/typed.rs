//! The formats of all messages, as serde describes them.

use parlour_shared::{
    close::CloseCode,
    message::{
        ActTarget, Body, ClientMessage, Durability, JoinMode, LeaveReason, MoveHeading, Refusal, Scope,
        ServerMessage,
    },
    motion::{Direction, Heading},
    snapshot::Identity,
};
use serde_reflection::{ContainerFormat, Registry, Samples, Tracer, TracerConfig};

/// Returns every type that can occur in a message.
pub(crate) fn registry() -> Registry {
    let (mut tracer, samples) = (Tracer::new(TracerConfig::default()), Samples::new());
    tracer.trace_type::<ClientMessage>(&samples).unwrap();
    tracer.trace_type::<ServerMessage>(&samples).unwrap();
    // Tracing finds enums inside messages, but only their first variants.
    tracer.trace_type::<ActTarget>(&samples).unwrap();
    tracer.trace_type::<Body>(&samples).unwrap();
    tracer.trace_type::<CloseCode>(&samples).unwrap();
    tracer.trace_type::<Direction>(&samples).unwrap();
    tracer.trace_type::<Heading>(&samples).unwrap();
    tracer.trace_type::<Durability>(&samples).unwrap();
    tracer.trace_type::<Identity>(&samples).unwrap();
    tracer.trace_type::<JoinMode>(&samples).unwrap();
    tracer.trace_type::<LeaveReason>(&samples).unwrap();
    tracer.trace_type::<MoveHeading>(&samples).unwrap();
    tracer.trace_type::<Refusal>(&samples).unwrap();
    tracer.trace_type::<Scope>(&samples).unwrap();
    tracer
        .registry()
        .expect("every enum in a message is traced separately")
}

/// Returns the variants of an enum, as number and name.
pub(crate) fn variants(registry: &Registry, name: &str) -> Vec<(u32, String)> {
    let ContainerFormat::Enum(variants) = &registry[name] else {
        panic!("{name} is not an enum")
    };
    variants
        .iter()
        .map(|(number, variant)| (*number, variant.name.clone()))
        .collect()
}

/// Returns the names of all enums.
pub(crate) fn enums(registry: &Registry) -> Vec<String> {
    let is_enum = |format: &ContainerFormat| matches!(format, ContainerFormat::Enum(_));
    registry
        .iter()
        .filter(|(_, format)| is_enum(format))
        .map(|(name, _)| name.clone())
        .collect()
}
