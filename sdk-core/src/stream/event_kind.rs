//! The vocabulary of events.

use std::borrow::Cow;

/// Defines the vendor's events. The list grows; other names are [`Other`](EventKind::Other).
macro_rules! vocabulary {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// Kind of an event, by the vendor's vocabulary.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* $kind,)*
            /// A name that is not in the list. The event is yielded unchanged.
            Other,
        }

        impl EventKind {
            /// The kind of a name, and the name; it is copied only if it is not in the list.
            pub(crate) fn of(name: Cow<'_, str>) -> (Self, Cow<'static, str>) {
                match &*name {
                    $($name => (Self::$kind, Cow::Borrowed($name)),)*
                    _ => (Self::Other, Cow::Owned(name.into_owned())),
                }
            }
        }
    };
}

vocabulary! {
    /// An execution begins.
    ExecutionStart = "execution_start",
    /// An execution is complete: `finalOutput`, `durationMs`.
    ExecutionComplete = "execution_complete",
    /// An execution failed: `error`, `code`.
    ExecutionError = "execution_error",
    /// A step of a flow begins.
    StepStart = "step_start",
    /// A step of a flow is complete.
    StepComplete = "step_complete",
    /// A step of a flow is skipped.
    StepSkip = "step_skip",
    /// A turn of an agent begins.
    TurnStart = "turn_start",
    /// A turn of an agent is complete.
    TurnComplete = "turn_complete",
    /// A text begins.
    TextStart = "text_start",
    /// A piece of a text: `delta`, `id`.
    TextDelta = "text_delta",
    /// A text is complete.
    TextComplete = "text_complete",
    /// A model's reasoning begins.
    ReasoningStart = "reasoning_start",
    /// A piece of a model's reasoning.
    ReasoningDelta = "reasoning_delta",
    /// A model's reasoning is complete.
    ReasoningComplete = "reasoning_complete",
    /// A tool is called.
    ToolStart = "tool_start",
    /// A piece of a tool's input.
    ToolInputDelta = "tool_input_delta",
    /// A tool's input is complete.
    ToolInputComplete = "tool_input_complete",
    /// A piece of a tool's output.
    ToolOutputDelta = "tool_output_delta",
    /// A tool call is complete.
    ToolComplete = "tool_complete",
    /// The execution waits for an approval.
    ApprovalStart = "approval_start",
    /// An approval was granted or denied.
    ApprovalComplete = "approval_complete",
    /// The execution waits.
    Await = "await",
    /// A notice about the model's context.
    ContextNotice = "context_notice",
    /// A source that the text cites.
    Source = "source",
    /// A custom event of the product.
    Custom = "custom",
    /// A keep-alive.
    Ping = "ping",
    /// An error during the stream.
    Error = "error",
}
