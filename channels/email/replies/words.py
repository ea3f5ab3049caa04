"""What mail programs write around a quotation, in the languages that they speak. Tables only.

One line for each language, its code first, phrases between bars, all in lower case. A language is added by adding its
lines; nothing else knows of languages.
"""

from __future__ import annotations


def folded(text: str) -> str:
    """`text` for looking up in these tables: lower case, one space, and the Turkish İ as everybody's i."""
    return " ".join(text.lower().replace("\u0307", "").replace("’", "'").split())


def phrases(table: str) -> tuple[str, ...]:
    """The phrases of a table of this form, each once."""
    lines = (line.split(maxsplit=1)[1] for line in table.strip().splitlines())
    return tuple(dict.fromkeys(phrase.strip() for line in lines for phrase in line.split("|")))


# Verbs of "On DATE, NAME wrote:". They may stand at the end or in the middle.
WROTE = phrases("""
    en  wrote | writes
    de  schrieb | geschrieben | schreibt
    nl  schreef | geschreven
    fr  a écrit | écrit | écrivait | a ecrit
    es  escribió | escribio | ha escrito | escribía
    ca  va escriure | ha escrit
    it  ha scritto | scrisse | scrive
    pt  escreveu | escreveram | escreve
    ro  a scris
    pl  napisał | napisała | napisał(a) | napisala | napisal | pisze | napisana przez
    cs  napsal | napsala | napsal(a) | píše
    sk  napísal | napísala | napísal(a)
    hr  napisao | napisao/la | je napisao
    sl  je napisal
    ru  написал | написала | написал(а) | пишет | писал | писала | писали
    uk  написав | написала | написав(ла) | пише
    bg  написа
    sr  написао
    sv  skrev
    da  skrev følgende
    fi  kirjoitti
    et  kirjutas
    lv  rakstīja
    lt  rašė | parašė
    tr  yazdı | şunu yazdı | şunları yazdı | yazmış
    hu  írta | ezt írta
    el  έγραψε
    vi  đã viết
    id  menulis
    he  כתב | כתבה
    ar  كتب | كتبت
    fa  نوشت
    hi  ने लिखा
""")

# Verbs that people put into this place as well: only a quotation below shows that they did.
SAID = phrases("""
    en  said | says | quoth | spake
    de  sagte | meinte
    nl  zei
    fr  disait | dit | a dit
    es  dijo
    it  ha detto | disse
    pt  disse
    pl  powiedział
    ru  сказал | говорит
    sv  sade
    da  sagde
    no  sa
    fi  sanoi
""")

# The same in scripts that leave no space between words.
WROTE_UNSPACED = phrases("""
    zh  写道 | 寫道 | 写到 | 写了 | 书写
    ja  書きました | 書いた | のメール | のメッセージ
    ko  님이 작성 | 작성 | 썼습니다 | 썼음
    th  เขียน
""")

# Words before the date, at the start of such a line.
ON = phrases("""
    en  on | at | quoting
    de  am | zitat von | zitiere
    nl  op
    fr  le | sur | citation de
    es  el | el día | a las | al
    it  il | il giorno | citando
    pt  em | no dia | às | quotando
    ro  pe | în | în data de | la data de
    pl  w dniu | dnia | dn.
    cs  dne
    sk  dňa
    hr  dana | u | dan
    ru  в | от
    uk  у
    bg  на
    sv  den | på
    da  kl
    el  στις | την
    vi  vào | vào lúc
    id  pada | pada tanggal
    he  ב- | בתאריך | ביום
    ar  في | بتاريخ
    fa  در
    zh  在 | 于 | 於
""")

# Field names of the header block that Outlook and others put above the quoted mail, by what they mean.
FIELDS = {
    "from": phrases("""
        en  from
        de  von | absender
        nl  van | afzender
        fr  de | expéditeur | expediteur | message de
        es  desde | remitente
        it  da | mittente
        pt  remetente
        ro  de la | din | expeditor
        pl  od | nadawca
        cs  odesílatel
        sk  odosielateľ
        hr  šalje | od koga | pošiljatelj
        ru  от | от кого | отправитель
        uk  від | від кого
        sv  från
        da  fra
        fi  lähettäjä
        et  saatja | kellelt
        lv  no
        lt  nuo
        is  frá
        tr  gönderen | kimden
        hu  feladó
        el  από
        vi  từ
        id  dari
        th  จาก
        ja  送信者 | 差出人
        zh  发件人 | 發件人 | 寄件者 | 寄件人
        ko  보낸 사람 | 보낸사람 | 보낸이 | 발신 | 발신자
        he  מאת
        ar  من
        fa  از
        hi  प्रेषक
    """),
    "sent": phrases("""
        en  sent | sent on | sent at
        de  gesendet | gesendet am
        nl  verzonden | verstuurd
        fr  envoyé | envoyé le | envoye
        es  enviado | enviado el
        ca  enviat
        it  inviato | inviato il
        pt  enviada em | enviada | enviado em
        ro  trimis
        pl  wysłano | wysłane | wyslano
        cs  odesláno
        sk  odoslané
        hr  poslano
        ru  отправлено | отправлен
        uk  надіслано | відправлено
        bg  изпратено
        sv  skickat
        da  sendt
        fi  lähetetty
        et  saadetud
        lv  nosūtīts
        lt  išsiųsta
        tr  gönderildi | gönderilme | gönderim
        hu  elküldve | küldve
        el  στάλθηκε
        vi  đã gửi
        id  dikirim
        th  ส่ง
        ja  送信日時
        zh  发送时间 | 发送日期 | 發送時間 | 寄件日期 | 传送 | 發送日期
        ko  보낸 날짜 | 보낸 시간
        he  נשלח
        ar  تم الإرسال
        fa  ارسال شده
        hi  भेजा गया
    """),
    "date": phrases("""
        en  date
        de  datum | sendedatum
        fr  message du | date d'envoi
        es  fecha
        pt  data | data da mensagem
        ro  dată
        pl  data wysłania | kiedy
        ru  дата
        da  dato
        fi  päivämäärä | päiväys
        et  kuupäev
        lv  datums
        tr  tarih
        hu  dátum
        el  ημερομηνία
        vi  ngày
        id  tanggal
        th  วันที่
        ja  日付 | 日時
        zh  日期 | 时间 | 時間
        ko  날짜
        he  תאריך
        ar  التاريخ
    """),
    "to": phrases("""
        en  to
        de  an | empfänger
        nl  aan | naar
        fr  à | pour | destinataire | destinataires
        es  para | destinatario
        ca  per a | per
        it  a
        pt  destinatário
        ro  către | catre
        pl  do | adresat
        cs  komu | pro
        hr  prima | za
        ru  кому
        bg  до
        sv  till | mottagare
        da  til
        no  mottaker
        fi  vastaanottaja
        et  kellele | saaja
        lv  kam
        lt  gavėjas
        tr  kime | alıcı
        hu  címzett
        el  προς
        vi  đến | tới
        id  kepada | untuk
        th  ถึง
        ja  宛先
        zh  收件人 | 收件者
        ko  받는 사람 | 받는사람 | 받는이 | 받은 사람 | 수신 | 수신자
        he  אל
        ar  إلى
        fa  به
        hi  प्रति
    """),
    "cc": phrases("""
        en  cc | bcc
        de  kopie
        fr  copie | copie à | cci
        it  copia
        pt  cópia | com cópia
        pl  dw | do wiadomości
        ru  копия
        uk  копія
        sv  kopia
        da  kopi
        fi  kopio
        tr  bilgi
        hu  másolat | tk
        el  κοινοποίηση
        zh  抄送 | 副本
        ko  참조
        he  עותק
        ar  نسخة
    """),
    "subject": phrases("""
        en  subject | re
        de  betreff | betr
        nl  onderwerp
        fr  objet | sujet
        es  asunto
        ca  assumpte
        it  oggetto
        pt  assunto
        ro  subiect
        pl  temat
        cs  předmět
        sk  predmet
        sl  zadeva
        ru  тема
        bg  относно
        sv  ämne
        da  emne
        fi  aihe | otsikko
        et  teema
        lv  temats | tēma
        lt  tema
        is  efni
        tr  konu
        hu  tárgy
        el  θέμα
        vi  chủ đề | tiêu đề
        id  subjek | perihal
        th  เรื่อง
        ja  件名
        zh  主题 | 主旨 | 主題 | 标题 | 標題
        ko  제목
        he  נושא | הנדון
        ar  الموضوع
        fa  موضوع
        hi  विषय
    """),
    "reply-to": phrases("""
        en  reply-to | reply to
        de  antwort an
        nl  antwoord aan
        fr  répondre à
        es  responder a
        it  rispondi a | risposta
        pl  odpowiedz do
        ru  обратный адрес
        sv  svara till
        da  svar til
        fi  vastausosoite
        ja  返信先
        zh  回复 | 回覆
    """),
    "other": phrases("""
        en  attachments | attachment | importance | priority | organization
        en  sender | newsgroups | message-id | x-mailer
        de  anlagen | anhang | wichtigkeit | priorität
        nl  bijlagen
        fr  pièces jointes
        es  datos adjuntos
        it  allegati
        pt  anexos
        pl  załączniki
        cs  přílohy
        ru  вложения
        sv  bilagor
        no  vedlegg
        fi  liitteet
    """),
}

# Between two rules: "-----Original Message-----".
ORIGINAL_MESSAGE = phrases("""
    en  original message | original email | original mail | original appointment | reply message
    de  ursprüngliche nachricht | originalnachricht | original-nachricht | original nachricht | ursprungsnachricht
    nl  oorspronkelijk bericht | oorspronkelijke bericht | origineel bericht
    fr  message d'origine | message original | message initial | courriel original
    es  mensaje original | mensaje origen
    ca  missatge original
    it  messaggio originale | messaggio original
    pt  mensagem original
    ro  mesaj original | mesajul original | mesaj inițial
    pl  wiadomość oryginalna | oryginalna wiadomość | wiadomość źródłowa
    cs  původní zpráva | původní e-mail
    sk  pôvodná správa
    hr  originalna poruka | izvorna poruka
    sl  izvirno sporočilo | izvorno sporočilo
    ru  исходное сообщение | оригинальное сообщение | исходное письмо | оригинал сообщения
    uk  початкове повідомлення | оригінальне повідомлення | вихідне повідомлення
    bg  оригинално съобщение
    sv  ursprungligt meddelande | originalmeddelande | ursprungsmeddelande
    no  opprinnelig melding | original melding
    da  oprindelig meddelelse | original meddelelse | oprindelig besked
    fi  alkuperäinen viesti
    et  algne kiri
    lv  originālais ziņojums
    tr  orijinal mesaj | özgün ileti | asıl ileti | orijinal ileti
    hu  eredeti üzenet
    el  αρχικό μήνυμα
    vi  thư gốc
    id  pesan asli
    th  ข้อความดั้งเดิม
    ja  元のメッセージ | オリジナルメッセージ | 元のメール
    zh  原始邮件 | 原邮件 | 原始郵件 | 原始信息
    ko  원본 메시지 | 원본 메일 | 원본 이메일 | 원래 메시지
    he  הודעה מקורית
    ar  الرسالة الأصلية
    fa  پیام اصلی
""")

FORWARDED_MESSAGE = phrases("""
    en  forwarded message | begin forwarded message | forwarded by | forwarded mail | forwarded email | fwd message
    de  weitergeleitete nachricht | anfang der weitergeleiteten | weitergeleitet von | weitergeleitete e-mail
    nl  doorgestuurd bericht | begin doorgestuurd bericht | doorgezonden bericht
    fr  message transféré | début du message transféré | message réexpédié | transféré par | message transmis
    es  mensaje reenviado | inicio del mensaje reenviado | inicio de mensaje reenviado | reenviado por
    ca  missatge reenviat
    it  messaggio inoltrato | inizio messaggio inoltrato | inoltrato da
    pt  mensagem encaminhada | encaminhado por | mensagem reencaminhada | início da mensagem encaminhada
    ro  mesaj redirecționat | mesaj redirectionat
    pl  wiadomość przekazana | przekazana wiadomość | początek przekazywanej wiadomości | treść przekazanej wiadomości
    cs  přeposlaná zpráva | předaná zpráva
    sk  preposlaná správa
    hr  proslijeđena poruka
    sl  posredovano sporočilo
    ru  пересылаемое сообщение | пересланное сообщение | начало переадресованного
    uk  переслане повідомлення | переадресоване повідомлення
    bg  препратено съобщение
    sv  vidarebefordrat meddelande | vidarebefordrat brev
    no  videresendt melding
    da  videresendt meddelelse | videresendt besked | videresend
    fi  välitetty viesti | edelleenlähetetty viesti
    tr  iletilen mesaj | iletilmiş mesaj
    hu  továbbított üzenet
    el  προωθημένο μήνυμα
    vi  thư chuyển tiếp
    id  pesan terusan
    th  ข้อความที่ส่งต่อ
    ja  転送されたメッセージ | 転送メッセージ
    zh  转发的邮件 | 转发邮件 | 轉寄郵件 | 轉寄的郵件
    ko  전달된 메시지 | 전달된 메일
    he  הודעה שהועברה
    ar  الرسالة المعاد توجيهها | رسالة معاد توجيهها
""")

# Before the colon of a subject.
FORWARD_SUBJECTS = phrases("""
    en  fwd | fw | fw- | fwd-
    de  wg
    nl  doorst
    fr  tr
    es  rv
    it  i
    pt  enc
    ro  redir
    pl  pd | przekaż
    cs  předáno
    ru  пересл
    sv  vb | vidaresänt
    da  vs
    fi  vl
    tr  ilt
    hu  továbbítás | tova
    el  πρθ
    ja  転送
    zh  转发 | 轉寄
    ko  전달
    he  הועבר
""")

# A marker that asks people to write above it.
REPLY_ABOVE = phrases("""
    en  reply above this line | type your reply above | write your reply above | please reply above
    de  antworten sie oberhalb dieser | über dieser zeile antworten | oberhalb dieser zeile | antwort über dieser
    nl  boven deze lijn | boven deze regel
    fr  répondez au-dessus de cette ligne | répondre au-dessus de cette ligne | au-dessus de cette ligne
    es  responda por encima de esta línea | por encima de esta línea | encima de esta línea
    it  rispondi sopra questa riga | sopra questa riga | sopra questa linea | sopra di questa riga
    pt  responda acima desta linha | acima desta linha
    ro  deasupra acestei linii
    pl  powyżej tej linii | nad tą linią | powyżej tego wiersza
    cs  nad tento řádek | nad tímto řádkem
    sk  nad túto čiaru
    ru  выше этой строки | над этой строкой | над этой чертой | выше этой черты
    uk  вище цього рядка
    sv  ovanför denna rad | ovanför den här raden
    no  over denne linjen | ovenfor denne linjen
    da  over denne linje
    fi  tämän rivin yläpuolelle
    tr  bu satırın üzerine
    hu  e sor fölé | fölé írja
    el  πάνω από αυτή τη γραμμή
    vi  trên dòng này
    ja  この行より上に | この線より上
    zh  在此行上方 | 在此线上方 | 在此列上方 | 在這行上方
    ko  이 줄 위에
    he  מעל שורה זו
    ar  فوق هذا السطر
""")
