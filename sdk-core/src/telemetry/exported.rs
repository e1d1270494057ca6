//! The span of a call as OpenTelemetry exports it, with the application's global tracer provider. Empty without the feature
//! `opentelemetry`.

#[cfg(feature = "opentelemetry")]
pub(crate) use with::{ExportedSpan, Parent};
#[cfg(not(feature = "opentelemetry"))]
pub(crate) use without::{ExportedSpan, Parent};

#[cfg(feature = "opentelemetry")]
mod with {
    use opentelemetry::{
        Context, InstrumentationScope, KeyValue,
        global::{self, BoxedSpan},
        trace::{Span as _, SpanKind, Status, Tracer as _},
    };

    use crate::telemetry::{
        attributes::{Asked, Attributes, End, SpanEvent, TRACER, Value},
        trace_context::TraceContext,
    };

    /// The context that is current where a call is made. It may be sent in another task, where another one is.
    #[derive(Clone)]
    pub(crate) struct Parent(Context);

    impl Parent {
        pub(crate) fn current() -> Self {
            Self(Context::current())
        }
    }

    /// A span that the application's exporter receives. The parent's sampling holds.
    pub(crate) struct ExportedSpan(BoxedSpan);

    impl ExportedSpan {
        pub(crate) fn begin(asked: &Asked<'_>, Parent(context): &Parent) -> Self {
            let scope = InstrumentationScope::builder(TRACER).with_version(env!("CARGO_PKG_VERSION")).build();
            let tracer = global::tracer_with_scope(scope);
            let builder = tracer
                .span_builder(asked.span_name())
                .with_kind(SpanKind::Client)
                .with_attributes(key_values(&asked.attributes()));
            Self(tracer.build_with_context(builder, context))
        }

        /// The headers of the attempts; `None` where no tracer is installed and there is no parent.
        pub(crate) fn trace_context(&self) -> Option<TraceContext> {
            let context = self.0.span_context();
            let (trace, span, flags) = (context.trace_id(), context.span_id(), context.trace_flags());
            TraceContext::new(&format!("00-{trace}-{span}-{flags:02x}"), Some(&context.trace_state().header()))
        }

        pub(crate) fn event(&mut self, event: SpanEvent<'_>) {
            if self.0.is_recording() {
                self.0.add_event_with_timestamp(event.name, event.time, key_values(&event.attributes));
            }
        }

        pub(crate) fn end(&mut self, end: &End<'_>) {
            if self.0.is_recording() {
                self.0.set_attributes(key_values(&end.attributes()));
                if end.is_error() {
                    self.0.set_status(Status::error(end.description().unwrap_or_default().to_owned()));
                }
            }
            self.0.end();
        }
    }

    fn key_values(attributes: &Attributes<'_>) -> Vec<KeyValue> {
        let value = |value: &Value<'_>| match value {
            Value::Text(text) => text.clone().into_owned().into(),
            Value::Whole(number) => (*number).into(),
            Value::Seconds(seconds) => (*seconds).into(),
            Value::Flag(flag) => opentelemetry::Value::from(*flag),
        };
        attributes.0.iter().map(|(name, of)| KeyValue::new(*name, value(of))).collect()
    }
}

#[cfg(not(feature = "opentelemetry"))]
mod without {
    use crate::telemetry::{
        attributes::{Asked, End, SpanEvent},
        trace_context::TraceContext,
    };

    #[derive(Clone)]
    pub(crate) struct Parent;

    impl Parent {
        pub(crate) fn current() -> Self {
            Self
        }
    }

    pub(crate) struct ExportedSpan;

    impl ExportedSpan {
        pub(crate) fn begin(_: &Asked<'_>, _: &Parent) -> Self {
            Self
        }

        pub(crate) fn trace_context(&self) -> Option<TraceContext> {
            None
        }

        pub(crate) fn event(&mut self, _: SpanEvent<'_>) {}

        pub(crate) fn end(&mut self, _: &End<'_>) {}
    }
}
