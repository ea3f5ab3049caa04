"""The agent platform as the gateway uses it: one agent, its sessions, and whether it answers."""

from __future__ import annotations

from urllib.parse import quote

import httpx

from gateway.errors import ConfigurationError
from gateway.session import Session, SessionError
from gateway.settings import Settings

REST_TIMEOUT_S = 10.0


class Platform:
    """One account on one platform. Its agent is `agent_id`, or the only one there is."""

    def __init__(self, http: httpx.AsyncClient, *, base_url: str, ws_url: str, api_key: str, agent_id: str) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._ws_url = ws_url or None
        self._api_key = api_key
        self._agent_id = agent_id

    @classmethod
    def of(cls, settings: Settings, http: httpx.AsyncClient) -> Platform:
        """The platform that the environment names."""
        return cls(
            http,
            base_url=settings.vectorshift_base_url,
            ws_url=settings.vectorshift_ws_url,
            api_key=settings.vectorshift_api_key.get_secret_value(),
            agent_id=settings.agent_id,
        )

    async def connect(self, session_id: str | None) -> Session:
        """A connected session: resumed by its id, or a new one with our agent. Raises SessionError."""
        return await (await self.session(session_id)).connect()

    async def session(self, session_id: str | None) -> Session:
        """The same, not connected yet."""
        return Session(
            owner_type="" if session_id else "agent",
            owner_id="" if session_id else await self.agent_id(),
            session_id=session_id,
            api_key=self._api_key,
            base_url=self._base_url,
            ws_url=self._ws_url,
        )

    async def agent_id(self) -> str:
        """The id of our agent. Raises ConfigurationError where there is none, or where several leave it open."""
        if not self._agent_id:
            agents = await self._agents()
            if len(agents) != 1:
                names = ", ".join(f"{agent.get('name')} ({agent.get('_id')})" for agent in agents) or "none"
                raise ConfigurationError(f"Set AGENT_ID to one of the agents on the platform: {names}")
            self._agent_id = str(agents[0]["_id"])
        return self._agent_id

    async def check(self) -> str:
        """What is wrong with the platform, in words; "" where it answers."""
        try:
            await self._agents()
        except SessionError as error:
            return str(error)
        return ""

    async def erase_session(self, session_id: str) -> None:
        """Erase a session for good; one that is gone already is no failure. Raises SessionError.

        The embedded engine can do it. A platform that cannot has no such route, and its operators have to be asked.
        """
        try:
            answer = await self._http.delete(
                f"{self._base_url}/session/{quote(session_id, safe='')}",
                headers={"Authorization": f"Bearer {self._api_key}"},
                timeout=REST_TIMEOUT_S,
            )
            is_gone = answer.status_code == httpx.codes.NOT_FOUND and "session" in answer.text
        except httpx.HTTPError as error:
            raise SessionError(f"the agent platform does not answer: {str(error) or type(error).__name__}") from error
        if not (answer.is_success or is_gone):
            raise SessionError(f"the agent platform does not erase session {session_id} (status {answer.status_code})")

    async def _agents(self) -> list[dict[str, object]]:
        try:
            answer = await self._http.get(
                f"{self._base_url}/agents",
                params={"limit": 50, "offset": 0},
                headers={"Authorization": f"Bearer {self._api_key}"},
                timeout=REST_TIMEOUT_S,
            )
            answer.raise_for_status()
            objects = answer.json().get("objects")
        except (httpx.HTTPError, ValueError) as error:
            raise SessionError(f"the agent platform does not answer: {str(error) or type(error).__name__}") from error
        return [agent for agent in objects if isinstance(agent, dict)] if isinstance(objects, list) else []
