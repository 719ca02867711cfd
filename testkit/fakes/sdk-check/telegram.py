# sdk: python-telegram-bot==22.8
"""python-telegram-bot against the fake: prints how many checks passed, or the first difference."""

import asyncio
import base64
import logging
import struct
import sys

from telegram import Bot, InputMediaPhoto, InputMediaVideo, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError

BASE = f"{sys.argv[1]}/bot"
TOKEN = "110201543:AAtestkit0123456789abcdefghijklmnop"
PERSON = 4200002
SUPERGROUP = -1001000000001
passed = 0
# The client logs every refusal that is expected here.
logging.disable(logging.CRITICAL)


def same(name, got, wanted):
    global passed
    assert got == wanted, f"{name}: {wanted} expected, got {got}"
    passed += 1


async def refused(name, call, kind, words=""):
    global passed
    try:
        await call
    except NetworkError as error:
        assert type(error) is kind and str(error).startswith(words), f"{name}: {error!r}"
        passed += 1
    except Exception as error:
        assert type(error) is kind and str(error).startswith(words), f"{name}: {error!r}"
        passed += 1
        return error
    else:
        raise AssertionError(f"{name}: it was not refused")


def box(kind, content):
    return struct.pack(">I", len(content) + 8) + kind + content


def tracks(*kinds):
    return box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", b" ".join(kinds)) + box(b"mdat", bytes(50_000))


FILM = tracks(b"vide", b"soun")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FACTS = {"width": 1280, "height": 720, "duration": 8, "supports_streaming": True}


async def check(bot):
    same("the bot", bot.id, 110201543)
    same("a chat", (await bot.get_chat(SUPERGROUP)).is_forum, True)

    sent = await bot.send_video(PERSON, FILM, filename="libtv-1a2b.mp4", caption="狐", **FACTS)
    same("a film", (sent.video.width, sent.video.height, sent.caption), (1280, 720, "狐"))
    twice = await bot.send_video(PERSON, FILM, **FACTS)
    same("it again", twice.message_id, sent.message_id + 1)
    silent = await bot.send_video(PERSON, tracks(b"vide"), **FACTS)
    same("a silent film", (silent.video, silent.animation is not None), (None, True))
    same("by its id", (await bot.send_video(PERSON, sent.video.file_id)).video.file_id, sent.video.file_id)
    same("a photo", len((await bot.send_photo(PERSON, PNG)).photo), 1)
    same("a document", (await bot.send_document(PERSON, FILM, filename="a.mp4")).document.file_name, "a.mp4")
    group = await bot.send_media_group(PERSON, [InputMediaPhoto(PNG), InputMediaPhoto(PNG), InputMediaVideo(FILM, **FACTS)])
    same("a group", (len(group), len({message.media_group_id for message in group})), (3, 1))

    text = await bot.send_message(SUPERGROUP, "你好", message_thread_id=7)
    same("a topic", (text.text, text.message_thread_id), ("你好", 7))
    same("an edit", (await bot.edit_message_text("b", SUPERGROUP, text.message_id)).text, "b")
    again = bot.edit_message_text("b", SUPERGROUP, text.message_id)
    await refused("it again", again, BadRequest, "Message is not modified")
    film = await bot.edit_message_media(InputMediaVideo(FILM, **FACTS), SUPERGROUP, text.message_id)
    same("a film in its place", film.video.width, 1280)
    again = bot.edit_message_media(InputMediaVideo(FILM, **FACTS), SUPERGROUP, text.message_id)
    await refused("the film again", again, BadRequest, "Message is not modified")
    same("a reply", (await bot.send_message(PERSON, "x", reply_parameters=ReplyParameters(sent.message_id))).text, "x")
    same("away", await bot.delete_message(PERSON, sent.message_id), True)

    await refused("blocked", bot.send_message(403, "x"), Forbidden, "Forbidden: bot was blocked")
    await refused("thrown out", bot.send_message(-1001000000403, "x"), Forbidden, "Forbidden: bot was kicked")
    await refused("no chat", bot.send_message(400, "x"), BadRequest, "Chat not found")
    await refused("no topic", bot.send_message(SUPERGROUP, "x", message_thread_id=9), BadRequest, "Message thread not found")
    await refused("no rights", bot.send_video(-1001000000004, FILM, **FACTS), BadRequest, "Not enough rights")
    await refused("too large for the edge", bot.send_document(PERSON, bytes(52 << 20)), NetworkError)
    await refused("an error of the service", bot.send_message(-1001000000500, "x"), NetworkError, "Internal Server Error")
    moved = await refused("another chat", bot.send_message(-500001, "x"), ChatMigrated)
    same("which", moved.new_chat_id, -1001000000002)


async def main():
    async with Bot(TOKEN, base_url=BASE) as bot:
        await check(bot)
    await refused("a wrong token", Bot("1:wrong", base_url=BASE).initialize(), InvalidToken)
    print(passed)


asyncio.run(main())
