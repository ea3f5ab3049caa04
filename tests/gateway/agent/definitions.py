"""What a program does with agent definitions. It runs with the SDK, and with us after changing the imports."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

from vectorshift.agent import Agent, AgentTools, AgentType, CustomTool, IoConfig, LlmInfo, MemoryConfig
from vectorshift.agent.tool import ToolApprovalConfig, ToolInput, ToolInputType


def dynamic(description: str) -> ToolInput:
    return ToolInput(type=ToolInputType.DYNAMIC, description=description)


def static(value: object) -> ToolInput:
    return ToolInput(type=ToolInputType.STATIC, description="as the author wants it", value=value)


agent = Agent.new(
    name="Acme support",
    type=AgentType.CONVERSATIONAL,
    llm_info=LlmInfo(provider="demo", model_id="scripted", base_url="http://127.0.0.1:9"),
    tools=[
        AgentTools.exa_ai(
            tool_name="exa_ai_search",
            query=dynamic("What to search"),
            num_results=3,
            approval_config=ToolApprovalConfig.LET_AGENT_DECIDE,
        ),
    ],
    instructions="Leave [[inputs.this]] alone.",
    memory_config=MemoryConfig(enable_session_memory=True),
)
agent.add_tool.exa_ai(
    tool_name="exa_ai_gated",
    tool_description="Search, once a person agrees",
    query=dynamic("Search query"),
    num_results=static(5),
    use_highlights=None,
    livecrawl=False,
    approval_config="requires_approval",
)
agent.add_tool.google_search(tool_name="google", location=static("uk"), num_results=dynamic(""))
agent.add_tool.wikipedia(tool_name="wikipedia")
agent.add_tool.wikipedia(tool_name="chunks", chunk_text=True, query=dynamic("Title"), chunk_size=256)
agent.add_tool(
    CustomTool(
        tool_type="echo",
        inputs={"text": dynamic("Anything"), "loud": True, "raw": {"type": "static", "value": 1}},
        custom_node_type="custom",
        tool_name="echo_gated",
        approval_config=ToolApprovalConfig.REQUIRES_APPROVAL,
    )
)
agent.add_tool.custom_tool(tool_type="code_interpreter")
agent.add_tool.mcp_connector()
print([tool.name for tool in agent.tools])
print(agent.save())
print(agent.save(deploy=True, bump="minor", description="second"))

agent.remove_tool("google")
agent.update_instructions("Be kind.")
agent.update_llm_info(LlmInfo(provider="openai", model_id="gpt-5.1"))
asyncio.run(agent.asave())

fetched = Agent.fetch(name="Acme support")
print(fetched.id, fetched.branch_id, fetched.agent_type, fetched.instructions)
print([(tool.name, tool.approval_config.value) for tool in fetched.tools])
fetched.save()
print([found.id for found in Agent.list(limit=5, offset=0, include_shared=True, verbose=True)])
print([found.id for found in asyncio.run(Agent.alist())])
print(asyncio.run(Agent.afetch(id=agent.id)).name)

functional = asyncio.run(
    Agent.anew(
        name="Briefer",
        llm_info=LlmInfo(provider="demo", model_id="scripted"),
        tools=[AgentTools.google_search(tool_name="find", query=dynamic("About [[inputs.topic]]"))],
        instructions="Use [[tools.find]] on [[ inputs.topic ]] and [[inputs.LongName]], give [[outputs.brief]].",
        inputs={
            "topic": IoConfig(io_type="string"),
            "long_name": IoConfig(io_type="string", description="long"),
            "page": IoConfig(io_type="file"),
        },
        outputs={"brief": IoConfig(io_type="string", description="short")},
        enable_subagents=True,
        editable_object_types=["Table"],
    )
)
functional.save()
print(functional.run(inputs={"topic": "tea", "unknown": 1}, additional_instructions="Be brief.").status)
page = Path("page.txt")
page.write_text("a page")
print(asyncio.run(functional.arun(inputs={"topic": "tea", "page": io.BytesIO(b"bytes")})).run_id)
print(functional.run(inputs={"topic": "tea", "page": page}).outputs)
print(functional.delete())
