import httpx, json, pytest, asyncio
from tests.sync.conftest import Doors
from values.ids import new_id
import websockets

async def test_tmp(doors: Doors) -> None:
    t = doors.token(doors.world.yunfan, "wang")
    dev = str(new_id())
    async with httpx.AsyncClient(timeout=30) as c:
        async def post(path, raw, **h):
            a = await c.post(f"{doors.url}/sync/v1/{path}", content=raw.replace(b"DEV", dev.encode()), headers={"authorization": f"Bearer {t}", **h})
            print(path, raw[:120], a.status_code, a.text[:150].replace("\n", "|"))
            return a
        await post("devices", b'{"deviceId":"DEV","name":"n","platform":"p"}')
        cur = (await post("pull", b'{"deviceId":"DEV"}')).text.split("\n")[0]
        cur = json.loads(cur)["cursor"]
        cur2 = json.loads((await post("pull", json.dumps({"deviceId":dev,"cursor":cur}).encode())).text.split("\n")[0])["cursor"]
        for raw in [
            b'"repair":{"collection":"customers","bucket":1,"have":{"\\ud800":"x"}}',
            b'"repair":{"collection":"customers","bucket":1,"have":{"a\\nb":"x"}}',
            b'"repair":{"collection":"customers","bucket":1,"have":{"a":"\\ud800"}}',
            b'"buckets":"\\ud800"', b'"collections":["\\ud800"]', b'"reload":["\\ud800"]', b'"schema":"\\ud800"', b'"schema":"\\u0000"',
            b'"atLeast":"\\ud800"', b'"atLeast":"\xc3\xa9"', b'"atLeast":"="',b'"about":{"osVersion":"\\ud800"}',b'"about":{"osVersion":"\\u0000"}',
            b'"about":{"oldestQueuedAt":"0001-01-01T00:00:00+14:00"}', b'"about":{"oldestQueuedAt":"9999-12-31T23:59:59-14:00"}',
        ]:
            await post("pull", b'{"deviceId":"DEV","cursor":"' + cur2.encode() + b'",' + raw + b"}")
        for raw in [b'"cursor":"\\ud800"', b'"cursor":"\xc3\xa9"', b'"cursor":"A.B"', b'"cursor":""', b'"cursor":"' + cur2[:-1].encode() + b'"', b'"cursor":"' + cur2.encode()[:-1] + (b'A' if cur2[-1] != 'A' else b'B') + b'"']:
            await post("pull", b'{"deviceId":"DEV",' + raw + b"}")
        await post("push", b'{"deviceId":"DEV","mutations":[],"wipeOrder":"\\ud800"}')
        await post("devices", b'{"deviceId":"DEV","name":"\\ud800","platform":"p"}')
        await post("devices", b'{"deviceId":"DEV","name":"n","platform":"\\u0000"}')
        d2 = str(new_id()).encode()
        await post("devices", b'{"deviceId":"'+d2+b'","name":"\\ud800","platform":"p"}')
        await post("devices", b'{"deviceId":"'+d2+b'","name":"\\u0000","platform":"p"}')
        await post("devices", b'{"deviceId":"'+d2+b'","name":"n","platform":"\\u0000"}')
        await post("devices", b'{"deviceId":"'+d2+b'","name":"n","platform":"p","about":{"appVersion":"\\ud800"}}')
        for auth in ("Bearer \u00e9", "Bearer " + "x"*9000, "Basic x", "Bearer", "Bearer a b c"):
            a = await c.post(f"{doors.url}/sync/v1/pull", content=b"{}", headers=[(b"authorization", auth.encode("latin1"))])
            print(auth[:20], a.status_code, a.text[:100])
        for path in ("loads/x", "loads/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "loads/%ff", "loads/%00", "loads/a.b", "files/x", "files/00000000-0000-0000-0000-000000000000", "nothing"):
            for h in ({}, {"range": "bytes=0-1,3-4"}, {"range":"bytes=-"}, {"range":"bytes=999999999999999-"}):
                a = await c.get(f"{doors.url}/sync/v1/{path}", headers={"authorization": f"Bearer {t}", **h})
                print(path, h, a.status_code, a.text[:100])
        from email.message import EmailMessage
    url = doors.url.replace("http", "ws") + "/sync/v1/poke"
    for m in ('{"token":"\\ud800","deviceId":"%s"}' % dev, b'\x00\xff', 'x', '{"token":"%s","deviceId":"%s","cursor":"\\ud800"}' % (t, dev), '{"token":"%s","deviceId":"%s"}' % (t, new_id()), '{"token":"%s","deviceId":"%s"}' % (t, dev), "[" * 100000):
        try:
            async with websockets.connect(url) as ws:
                await ws.send(m)
                for _ in range(2):
                    print("ws", m[:40], await asyncio.wait_for(ws.recv(), 2))
                    await ws.send(b"\xff\x00" if _ == 0 else '{"cursor":"\\ud800"}')
                print(await asyncio.wait_for(ws.recv(), 2))
        except TimeoutError: print("ws timeout", m[:40])
        except Exception as e: print("ws", m[:40], type(e), str(e)[:100])
    assert 0
