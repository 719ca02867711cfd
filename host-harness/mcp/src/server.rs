//! The server as the protocol sees it: who it is, and which request goes where. It bounds how many calls are under way and
//! ends those that nobody waits for.

use contract::channels;
use std::sync::atomic::{AtomicBool, Ordering};

use host::Harness;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, ErrorCode,
    GetPromptRequestParams, GetPromptResponse, Implementation, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
    ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
    Tool as Definition,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use crate::Log;
use crate::failure::Failure;
use crate::limits::{CALLS, WAITS};
use crate::progress::Progress;
use crate::timer::Steps;
use crate::tools::Tool;
use crate::turns::{in_turn, turn};
use crate::{calls, prompt, reply, resources};

const INSTRUCTIONS: &str = include_str!("instructions.md");

/// The methods that are served.
const METHODS: [&str; 9] = [
    "initialize",
    "ping",
    "tools/list",
    "tools/call",
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/read",
    "resources/templates/list",
];

/// The tools, resources and the prompt of one harness.
pub(crate) struct Server {
    harness: Harness,
    steps: Steps,
    closing: CancellationToken,
    log: Log,
    record_failed: AtomicBool,
    calls: Semaphore,
    waits: Semaphore,
}

impl Server {
    /// `closing` ends what only waits.
    pub(crate) fn new(
        harness: Harness,
        steps: Steps,
        closing: CancellationToken,
        log: Log,
    ) -> Self {
        Self {
            harness,
            steps,
            closing,
            log,
            record_failed: AtomicBool::new(false),
            calls: Semaphore::new(CALLS),
            waits: Semaphore::new(WAITS),
        }
    }

    fn room(&self, tool: Tool) -> Result<SemaphorePermit<'_>, Failure> {
        let (room, most) = match tool {
            Tool::WaitForResult => (&self.waits, WAITS),
            _ => (&self.calls, CALLS),
        };
        room.try_acquire().map_err(|_| {
            Failure::temporary(
                format!("{most} calls are under way."),
                "Call again when one of them has ended. Nothing was done.",
            )
        })
    }

    fn resource_room(&self) -> Result<SemaphorePermit<'_>, ErrorData> {
        self.room(Tool::ListSessions)
            .map_err(|failure| ErrorData::internal_error(failure.text(), None))
    }

    /// For the person who looks after the machine: what failed, and a record that can't be written, once.
    fn tell(&self, tool: Tool, answer: &Result<reply::Answer, Failure>) {
        if let Err(failure) = answer {
            self.say(&format!("{}: ❌ {}", tool.name(), failure.message));
        }
        let trouble = self.harness.record_trouble();
        let told = self
            .record_failed
            .swap(trouble.is_some(), Ordering::Relaxed);
        if let Some(trouble) = trouble.filter(|_| !told) {
            self.say(&trouble);
        }
    }

    /// Words from elsewhere stay on their line, and tell a terminal nothing.
    fn say(&self, line: &str) {
        (self.log)(&host::one_line(line, usize::MAX));
    }

    async fn call(
        &self,
        tool: Tool,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<reply::Answer, Failure> {
        let _room = self.room(tool)?;
        let mut progress = Progress::of(&context);
        let given = request.arguments.unwrap_or_default();
        let work = calls::run(&self.harness, &self.steps, tool, &given, &mut progress);
        let work = in_turn(tool, work);
        if !tool.may_be_abandoned() {
            return work.await;
        }
        tokio::select! {
            answer = work => answer,
            () = context.ct.cancelled() => Err(Failure::temporary("The call was cancelled.", "")),
            () = self.closing.cancelled() => {
                Err(Failure::temporary("The server is ending.", "Jobs go on; ask when it runs again."))
            }
        }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .build();
        let this = Implementation::new("libtv-video", env!("CARGO_PKG_VERSION"))
            .with_title("LibTV videos and images")
            .with_description(format!(
                "Makes videos and images with LibTV and delivers them to {}.",
                channels::listed("and")
            ));
        ServerConfig::new(capabilities)
            .with_server_info(this)
            .with_instructions(INSTRUCTIONS)
    }

    fn get_tool(&self, name: &str) -> Option<Definition> {
        Tool::named(name).map(Tool::definition)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(
            Tool::ALL.map(Tool::definition).into(),
        ))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = Tool::named(&request.name) else {
            let text = format!("There is no tool {}. tools/list names them.", request.name);
            return Err(ErrorData::invalid_params(text, None));
        };
        let answer = self.call(tool, request, context).await;
        self.tell(tool, &answer);
        Ok(reply::result(answer).into())
    }

    /// What the protocol's own types don't fit. A method of ours was called with parameters of another shape.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        if !METHODS.contains(&method.as_str()) {
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, method, None));
        }
        let text = format!(
            "These are not the parameters of {method}. Each one is what the protocol says: `arguments`, for example, an object."
        );
        Err(ErrorData::invalid_params(text, None))
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(vec![prompt::prompt()]))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        prompt::filled(&request.name, request.arguments.as_ref()).map(Into::into)
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let _room = self.resource_room()?;
        let _turn = turn().await;
        let cursor = request.and_then(|request| request.cursor);
        resources::list(&self.harness, cursor.as_deref()).await
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(resources::templates())
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let _room = self.resource_room()?;
        let _turn = turn().await;
        resources::read(&self.harness, &request.uri)
            .await
            .map(Into::into)
    }
}
