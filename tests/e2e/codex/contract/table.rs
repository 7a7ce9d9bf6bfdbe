//! What is read of Codex and written to it.

/// By file of `src/runtime/codex`, what it says to Codex or hears of it. `method > field` is in a call's or a question's
/// parameters, `method < field` in what is answered, `method ! field` in what is told unasked. `a.b[]{kind}.c=d` is a
/// field of the members of a list that are of a kind, and one of the values that it may have.
pub(super) const READ_OR_WRITTEN: &[(&str, &str)] = &[
    (
        "hub/program.rs",
        "initialize > clientInfo.name
         initialize > clientInfo.title
         initialize > clientInfo.version
         initialize > capabilities.experimentalApi
         initialize > capabilities.requestAttestation
         initialize < userAgent",
    ),
    (
        "hub/call.rs",
        "thread/start > cwd
         thread/start > model
         thread/start > approvalPolicy=untrusted
         thread/start > approvalsReviewer=user
         thread/start > config
         thread/start > developerInstructions
         thread/resume > cwd
         thread/resume > model
         thread/resume > approvalPolicy=untrusted
         thread/resume > approvalsReviewer=user
         thread/resume > config
         thread/resume > developerInstructions
         thread/resume > threadId
         thread/resume > excludeTurns
         thread/settings/update > threadId
         thread/settings/update > collaborationMode.mode=plan
         thread/settings/update > collaborationMode.mode=default
         thread/settings/update > collaborationMode.settings.model
         thread/settings/update > collaborationMode.settings.reasoning_effort
         thread/settings/update > collaborationMode.settings.developer_instructions
         turn/start > input[]{text}.text
         turn/start > input[]{text}.text_elements
         thread/inject_items > threadId
         thread/inject_items > items[]",
    ),
    (
        "hub/switch/open.rs",
        "account/read > refreshToken
         account/read < account
         account/read < requiresOpenaiAuth
         thread/start < thread.id
         thread/start < thread.path
         thread/resume < thread.id
         thread/resume < thread.path
         thread/unsubscribe > threadId",
    ),
    (
        "hub/switch/errand.rs",
        "model/list > cursor
         model/list > limit
         model/list > includeHidden
         model/list < data[].model
         model/list < data[].isDefault
         model/list < nextCursor
         account/login/start > type=chatgptDeviceCode
         account/login/start < loginId
         account/login/start < verificationUrl
         account/login/start < userCode
         account/login/completed ! loginId
         account/login/completed ! success
         account/login/completed ! error
         account/login/cancel > loginId
         account/read < account{chatgpt}.planType",
    ),
    (
        "hub/switch/turns.rs",
        "turn/start > threadId
         turn/start > clientUserMessageId
         turn/start < turn.id
         turn/steer > threadId
         turn/steer > input[]{text}.text
         turn/steer > clientUserMessageId
         turn/steer > expectedTurnId
         turn/interrupt > threadId
         turn/interrupt > turnId
         turn/started ! turn.id
         account/rateLimits/read < rateLimits
         thread/backgroundTerminals/clean > threadId
         thread/settings/update > model",
    ),
    (
        "hub/switch.rs",
        "account/rateLimits/updated ! rateLimits
         turn/completed ! threadId
         item/started ! threadId
         item/completed ! threadId
         item/agentMessage/delta ! threadId
         error ! threadId
         thread/tokenUsage/updated ! threadId
         serverRequest/resolved ! threadId
         configWarning !
         deprecationNotice !
         item/commandExecution/outputDelta !
         item/commandExecution/terminalInteraction !
         item/fileChange/outputDelta !
         item/fileChange/patchUpdated !
         item/plan/delta !
         item/reasoning/summaryPartAdded !
         item/reasoning/summaryTextDelta !
         item/reasoning/textDelta !
         thread/name/updated !
         thread/readState/changed !
         thread/settings/updated !
         thread/started !
         thread/status/changed !
         turn/diff/updated !
         turn/plan/updated !
         turn/started !
         warning !",
    ),
    (
        "hub/switch/asks.rs",
        "item/commandExecution/requestApproval > threadId
         item/commandExecution/requestApproval > itemId
         item/commandExecution/requestApproval > command
         item/commandExecution/requestApproval > kind=command
         item/commandExecution/requestApproval > networkApprovalContext
         item/commandExecution/requestApproval > additionalPermissions
         item/fileChange/requestApproval > threadId
         item/fileChange/requestApproval > itemId
         item/fileChange/requestApproval > grantRoot
         item/permissions/requestApproval > threadId
         item/tool/requestUserInput > threadId
         mcpServer/elicitation/request > threadId
         mcpServer/elicitation/request > serverName
         mcpServer/elicitation/request > _meta
         item/started ! item{mcpToolCall}.id
         item/started ! item{mcpToolCall}.server
         item/started ! item{mcpToolCall}.tool
         item/started ! item{mcpToolCall}.arguments",
    ),
    (
        // Of what stands in `_meta` the schema says nothing: `codex::forms` shows it.
        "form.rs",
        "mcpServer/elicitation/request > serverName
         mcpServer/elicitation/request > message
         mcpServer/elicitation/request > mode=form
         mcpServer/elicitation/request > mode=url
         mcpServer/elicitation/request > requestedSchema.required[]
         mcpServer/elicitation/request > requestedSchema.properties.*.type=boolean
         mcpServer/elicitation/request > requestedSchema.properties.*.type=string
         mcpServer/elicitation/request > requestedSchema.properties.*.type=number
         mcpServer/elicitation/request > requestedSchema.properties.*.type=integer
         mcpServer/elicitation/request > requestedSchema.properties.*.type=array
         mcpServer/elicitation/request > requestedSchema.properties.*.title
         mcpServer/elicitation/request > requestedSchema.properties.*.description
         mcpServer/elicitation/request > requestedSchema.properties.*.minimum
         mcpServer/elicitation/request > requestedSchema.properties.*.maximum
         mcpServer/elicitation/request > requestedSchema.properties.*.minLength
         mcpServer/elicitation/request > requestedSchema.properties.*.maxLength
         mcpServer/elicitation/request > requestedSchema.properties.*.format
         mcpServer/elicitation/request > requestedSchema.properties.*.minItems
         mcpServer/elicitation/request > requestedSchema.properties.*.maxItems
         mcpServer/elicitation/request > requestedSchema.properties.*.enum[]
         mcpServer/elicitation/request > requestedSchema.properties.*.enumNames[]
         mcpServer/elicitation/request > requestedSchema.properties.*.oneOf[].const
         mcpServer/elicitation/request > requestedSchema.properties.*.oneOf[].title
         mcpServer/elicitation/request > requestedSchema.properties.*.items.enum[]
         mcpServer/elicitation/request > requestedSchema.properties.*.items.anyOf[].const
         mcpServer/elicitation/request > requestedSchema.properties.*.items.anyOf[].title",
    ),
    (
        "asks.rs",
        "item/commandExecution/requestApproval > command
         item/commandExecution/requestApproval > cwd
         item/commandExecution/requestApproval > reason
         item/commandExecution/requestApproval < decision=accept
         item/commandExecution/requestApproval < decision=decline
         item/fileChange/requestApproval > reason
         item/fileChange/requestApproval < decision=accept
         item/fileChange/requestApproval < decision=decline
         item/permissions/requestApproval > itemId
         item/permissions/requestApproval > cwd
         item/permissions/requestApproval > permissions
         item/permissions/requestApproval > reason
         item/permissions/requestApproval < permissions
         item/permissions/requestApproval < scope=turn
         item/tool/requestUserInput > itemId
         item/tool/requestUserInput > questions[].id
         item/tool/requestUserInput > questions[].question
         item/tool/requestUserInput > questions[].header
         item/tool/requestUserInput > questions[].options[].label
         item/tool/requestUserInput > questions[].options[].description
         item/tool/requestUserInput < answers.*.answers[]
         mcpServer/elicitation/request > serverName
         mcpServer/elicitation/request > message
         mcpServer/elicitation/request > mode=form
         mcpServer/elicitation/request > mode=url
         mcpServer/elicitation/request > url
         mcpServer/elicitation/request > _meta
         item/tool/requestUserInput > questions[].isSecret
         mcpServer/elicitation/request < action=accept
         mcpServer/elicitation/request < action=decline
         mcpServer/elicitation/request < content
         mcpServer/elicitation/request < _meta
         item/started ! item{fileChange}.changes[].path
         item/started ! item{fileChange}.changes[].diff
         item/started ! item{fileChange}.changes[].kind{update}.move_path",
    ),
    (
        "reader.rs",
        "item/agentMessage/delta ! itemId
         item/agentMessage/delta ! delta
         error ! error
         error ! willRetry
         thread/tokenUsage/updated ! tokenUsage.last.inputTokens
         thread/tokenUsage/updated ! tokenUsage.last.outputTokens
         serverRequest/resolved ! requestId
         turn/completed ! turn.items[]{agentMessage}.text
         turn/completed ! turn.items[]{plan}.text
         account/rateLimits/updated ! rateLimits.rateLimitReachedType
         account/rateLimits/updated ! rateLimits.primary.usedPercent
         account/rateLimits/updated ! rateLimits.primary.windowDurationMins
         account/rateLimits/updated ! rateLimits.primary.resetsAt
         account/rateLimits/updated ! rateLimits.secondary.usedPercent",
    ),
    (
        "reader/items.rs",
        "item/started ! item{userMessage}.clientId
         item/started ! item{reasoning}.id
         item/completed ! item{agentMessage}.id
         item/completed ! item{agentMessage}.text
         item/completed ! item{plan}.text
         item/completed ! item{contextCompaction}.id
         item/completed ! item{commandExecution}.id
         item/completed ! item{commandExecution}.command
         item/completed ! item{commandExecution}.status=failed
         item/completed ! item{commandExecution}.aggregatedOutput
         item/completed ! item{commandExecution}.status=declined
         item/completed ! item{fileChange}.status=failed
         item/completed ! item{fileChange}.status=declined
         item/completed ! item{mcpToolCall}.id
         item/completed ! item{mcpToolCall}.server
         item/completed ! item{mcpToolCall}.tool
         item/completed ! item{mcpToolCall}.arguments
         item/completed ! item{mcpToolCall}.status=failed
         item/completed ! item{dynamicToolCall}.tool
         item/completed ! item{dynamicToolCall}.arguments
         item/completed ! item{dynamicToolCall}.status=failed
         item/completed ! item{webSearch}.query
         item/completed ! item{imageView}.path
         item/completed ! item{imageGeneration}.id
         item/completed ! item{collabAgentToolCall}.prompt",
    ),
    (
        "outcome.rs",
        "turn/completed ! turn.status=completed
         turn/completed ! turn.status=interrupted
         turn/completed ! turn.status=failed
         turn/completed ! turn.durationMs
         turn/completed ! turn.error.message
         turn/completed ! turn.error.additionalDetails
         turn/completed ! turn.error.codexErrorInfo=unauthorized
         turn/completed ! turn.error.codexErrorInfo=usageLimitExceeded
         turn/completed ! turn.error.codexErrorInfo=rateLimitExceeded
         turn/completed ! turn.error.codexErrorInfo=sessionBudgetExceeded
         turn/completed ! turn.error.codexErrorInfo=serverOverloaded
         turn/completed ! turn.error.codexErrorInfo=internalServerError
         turn/completed ! turn.error.codexErrorInfo=flexUnavailable
         turn/completed ! turn.error.codexErrorInfo=policyCapacityUnavailable
         turn/completed ! turn.error.codexErrorInfo=contextWindowExceeded
         turn/completed ! turn.error.codexErrorInfo=modelNotFound
         turn/completed ! turn.error.codexErrorInfo=cyberPolicy
         turn/completed ! turn.error.codexErrorInfo=misalignmentPolicyViolation
         turn/completed ! turn.error.codexErrorInfo=inferenceHookDenied
         turn/completed ! turn.error.codexErrorInfo=badRequest
         turn/completed ! turn.error.codexErrorInfo.httpConnectionFailed.httpStatusCode
         turn/completed ! turn.error.codexErrorInfo.responseStreamConnectionFailed.httpStatusCode
         turn/completed ! turn.error.codexErrorInfo.responseStreamDisconnected.httpStatusCode
         turn/completed ! turn.error.codexErrorInfo.responseTooManyFailedAttempts.httpStatusCode",
    ),
];
