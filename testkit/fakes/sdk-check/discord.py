# sdk: hikari==2.7.0
"""hikari against the fake: prints how many checks passed, or the first difference."""

import asyncio
import sys

import hikari

API = f"{sys.argv[1]}/api/v10"
TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAx.Gtstkt.testkit0123456789abcdefghijklmnopqrs"
BOT = 100000000000000001
CHANNEL = 200000000000000001
THREAD = 200000000000000002
MB = 1 << 20
passed = 0


def same(name, got, wanted):
    global passed
    assert got == wanted, f"{name}: {wanted} expected, got {got}"
    passed += 1


async def refused(name, call, kind, code):
    global passed
    try:
        await call
    except hikari.ClientHTTPResponseError as error:
        assert isinstance(error, kind), f"{name}: {error!r}"
        assert error.code == code, f"{name}: {code} expected, got {error.code}"
        passed += 1
    else:
        raise AssertionError(f"{name}: it was not refused")


def film(length):
    return hikari.Bytes(bytes(length), "libtv-1a2b.mp4", mimetype="video/mp4")


async def check(rest):
    same("the bot", (await rest.fetch_my_user()).id, BOT)
    text = await rest.create_message(CHANNEL, "你好")
    same("text", (text.content, text.author.id, text.channel_id), ("你好", BOT, CHANNEL))
    # hikari asks for the nonce to be enforced whenever there is one.
    sent = await rest.create_message(CHANNEL, "done", attachment=film(MB), nonce="python-1")
    same("a film", (sent.nonce, len(sent.attachments), sent.attachments[0].size), ("python-1", 1, MB))
    same("its name", sent.attachments[0].filename, "libtv-1a2b.mp4")
    again = await rest.create_message(CHANNEL, "something else", nonce="python-1")
    same("the same nonce", (again.id, again.content), (sent.id, "done"))
    since = [message async for message in rest.fetch_messages(CHANNEL, after=text.id)]
    same("one since then", [message.id for message in since], [sent.id])
    same("without nonce", since[0].nonce, None)

    same("an edit", (await rest.edit_message(CHANNEL, text.id, "closed")).content, "closed")
    added = await rest.edit_message(CHANNEL, text.id, "with film", attachment=film(100))
    same("an added file", len(added.attachments), 1)
    reply = await rest.create_message(CHANNEL, "here", reply=text.id)
    same("a reply", reply.message_reference.id, text.id)
    loud = await rest.create_message(CHANNEL, "@everyone <@300000000000000001>", user_mentions=False)
    same("nobody is called", (loud.mentions_everyone, list(loud.user_mentions_ids)), (False, []))
    same("a thread", (await rest.create_message(THREAD, "x")).channel_id, THREAD)
    same("a channel", (await rest.fetch_channel(CHANNEL)).id, CHANNEL)
    direct = await rest.create_dm_channel(300000000000000001)
    same("a direct message", (await rest.create_message(direct.id, "x")).channel_id, direct.id)
    closed = await rest.create_dm_channel(300000000000000009)
    await refused("a person who blocks", rest.create_message(closed.id, "x"), hikari.ForbiddenError, 50007)

    await refused("no access", rest.create_message(200000000000000003, "x"), hikari.ForbiddenError, 50001)
    await refused("no permission", rest.create_message(200000000000000004, "x"), hikari.ForbiddenError, 50013)
    await refused("no files", rest.create_message(200000000000000005, attachment=film(9)), hikari.ForbiddenError, 50013)
    await refused("no channel", rest.create_message(200000000000000006, "x"), hikari.NotFoundError, 10003)
    await refused("moderated", rest.create_message(200000000000000007, "x"), hikari.BadRequestError, 200000)
    await refused("too long", rest.create_message(CHANNEL, "x" * 2001), hikari.BadRequestError, 50035)
    # Of a status it has no class for, hikari doesn't read the code.
    await refused("a file over 10 MiB", rest.create_message(CHANNEL, attachment=film(10 * MB + 1)), hikari.ClientHTTPResponseError, 0)
    await rest.delete_message(CHANNEL, sent.id)
    await refused("its nonce afterwards", rest.create_message(CHANNEL, "x", nonce="python-1"), hikari.NotFoundError, 10008)


async def main():
    # A repeated request would hide what the first one met.
    app = hikari.RESTApp(url=API, max_retries=0)
    await app.start()
    async with app.acquire(TOKEN, hikari.TokenType.BOT) as rest:
        await check(rest)
    async with app.acquire("wrong", hikari.TokenType.BOT) as rest:
        await refused("a wrong token", rest.fetch_my_user(), hikari.UnauthorizedError, 0)
    await app.close()
    print(passed)


asyncio.run(main())
