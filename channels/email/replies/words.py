"""What mail programs write around a quotation, in the languages that they speak. Tables only.

All in lower case. A language is added by adding its words; nothing else knows of languages.
"""

from __future__ import annotations


def folded(text: str) -> str:
    """`text` for looking up in these tables: lower case, one space, and the Turkish İ as everybody's i."""
    return " ".join(text.lower().replace("\u0307", "").replace("’", "'").split())


# Verbs of "On DATE, NAME wrote:". They may stand at the end or in the middle.
WROTE = (
    # en de nl
    ("wrote", "writes", "schrieb", "geschrieben", "schreibt", "schreef", "geschreven")
    # fr es ca it pt ro
    + ("a écrit", "écrit", "écrivait", "a ecrit", "escribió", "escribio", "ha escrito", "escribía", "va escriure")
    + ("ha escrit", "ha scritto", "scrisse", "scrive", "escreveu", "escreveram", "escreve", "a scris")
    # pl cs sk hr sl
    + ("napisał", "napisała", "napisał(a)", "napisala", "napisal", "pisze", "napsal", "napsala", "napsal(a)", "píše")
    + ("napísal", "napísala", "napísal(a)", "napisao", "napisala", "napisao/la", "je napisal", "je napisao")
    # ru uk bg sr
    + ("написал", "написала", "написал(а)", "пишет", "писал", "писала", "написав", "пише", "написа", "написао")
    # sv no da fi et lv lt
    + ("skrev", "skrev følgende", "kirjoitti", "kirjutas", "rakstīja", "rašė", "parašė")
    # tr hu el vi id
    + ("yazdı", "şunu yazdı", "şunları yazdı", "yazmış", "írta", "ezt írta", "έγραψε", "đã viết", "menulis")
    # he ar fa
    + ("כתב", "כתבה", "كتب", "كتبت", "نوشت")
)

# The same in scripts that leave no space between words.
WROTE_UNSPACED = (
    "写道",
    "寫道",
    "写到",
    "写了",
    "书写",
    "書きました",
    "書いた",
    "のメール",
    "のメッセージ",
    "님이 작성",
    "작성",
    "썼습니다",
    "썼음",
    "เขียน",
)

# Words before the date, at the start of such a line.
ON = (
    ("on", "am", "op", "le", "el", "il", "em", "en", "al", "il giorno", "el día", "no dia", "a las", "às", "în data de")
    + ("pe", "la data de", "w dniu", "dnia", "dn.", "dne", "dňa", "den", "på", "kl", "dana", "u", "dan", "στις", "την")
    + ("на", "в", "у", "от", "vào", "vào lúc", "pada", "pada tanggal", "ב-", "בתאריך", "ביום", "في", "بتاريخ", "در")
    + ("在", "于", "於", "sur", "quoting", "zitat von", "citando", "citation de", "quotando", "zitiere", "ds.")
)

# Field names of the header block that Outlook and others put above the quoted mail, by what they mean.
FIELDS: dict[str, tuple[str, ...]] = {
    "from": (
        (
            "from",
            "von",
            "de",
            "de la",
            "desde",
            "da",
            "van",
            "od",
            "отправитель",
            "от",
            "от кого",
            "від",
            "від кого",
            "från",
        )
        + ("fra", "lähettäjä", "odesílatel", "odosielateľ", "gönderen", "kimden", "feladó", "expéditeur", "expediteur")
        + ("mittente", "remetente", "remitente", "afzender", "absender", "nadawca", "από", "din", "expeditor", "šalje")
        + (
            "送信者",
            "差出人",
            "发件人",
            "發件人",
            "寄件者",
            "寄件人",
            "보낸 사람",
            "보낸사람",
            "보낸이",
            "מאת",
            "من",
            "từ",
            "dari",
            "จาก",
        )
        + ("no", "nuo", "saatja", "kellelt", "lähettäjältä", "od koga", "pošiljatelj", "message de")
    ),
    "sent": (
        ("sent", "gesendet", "gesendet am", "envoyé", "envoyé le", "envoye", "enviado", "enviado el", "enviada em")
        + ("enviada", "enviado em", "inviato", "inviato il", "verzonden", "verstuurd", "wysłano", "wysłane", "wyslano")
        + ("отправлено", "отправлен", "надіслано", "відправлено", "skickat", "sendt", "lähetetty", "odesláno")
        + ("odoslané", "gönderildi", "gönderilme", "gönderim", "elküldve", "küldve", "trimis", "στάλθηκε", "изпратено")
        + (
            "poslano",
            "送信日時",
            "发送时间",
            "發送時間",
            "寄件日期",
            "传送",
            "發送日期",
            "보낸 날짜",
            "보낸 시간",
            "נשלח",
            "تم الإرسال",
        )
        + ("đã gửi", "dikirim", "ส่ง", "saadetud", "nosūtīts", "išsiųsta", "sent on", "enviat", "sent at")
    ),
    "date": (
        ("date", "datum", "datu", "fecha", "data", "data da mensagem", "dato", "päivämäärä", "päiväys", "дата", "tarih")
        + (
            "dátum",
            "ημερομηνία",
            "dată",
            "日付",
            "日時",
            "日期",
            "时间",
            "時間",
            "날짜",
            "תאריך",
            "التاريخ",
            "ngày",
            "tanggal",
        )
        + ("วันที่", "kuupäev", "datums", "message du", "date d'envoi", "data wysłania", "kiedy", "sendedatum")
    ),
    "to": (
        (
            "to",
            "an",
            "à",
            "a",
            "para",
            "pour",
            "aan",
            "naar",
            "do",
            "кому",
            "till",
            "til",
            "vastaanottaja",
            "komu",
            "pro",
        )
        + (
            "kime",
            "alıcı",
            "címzett",
            "către",
            "catre",
            "προς",
            "до",
            "prima",
            "za",
            "宛先",
            "收件人",
            "收件者",
            "받는 사람",
        )
        + (
            "받는사람",
            "받는이",
            "אל",
            "إلى",
            "đến",
            "tới",
            "kepada",
            "untuk",
            "ถึง",
            "kellele",
            "saaja",
            "kam",
            "gavėjas",
        )
        + ("empfänger", "destinataire", "destinataires", "destinatario", "destinatário", "per", "adresat", "mottaker")
    ),
    "cc": (
        (
            "cc",
            "cci",
            "kopie",
            "copie",
            "copie à",
            "copia",
            "cópia",
            "com cópia",
            "kopia",
            "kopi",
            "копия",
            "копія",
            "dw",
        )
        + (
            "do wiadomości",
            "kopio",
            "bilgi",
            "másolat",
            "κοινοποίηση",
            "抄送",
            "副本",
            "참조",
            "עותק",
            "نسخة",
            "bcc",
            "tk",
        )
    ),
    "subject": (
        ("subject", "betreff", "betr", "objet", "sujet", "asunto", "oggetto", "assunto", "onderwerp", "temat", "тема")
        + ("ämne", "emne", "aihe", "otsikko", "předmět", "predmet", "konu", "tárgy", "subiect", "θέμα", "относно")
        + (
            "zadeva",
            "件名",
            "主题",
            "主旨",
            "主題",
            "标题",
            "標題",
            "제목",
            "נושא",
            "الموضوع",
            "chủ đề",
            "tiêu đề",
            "subjek",
            "เรื่อง",
        )
        + ("teema", "temats", "tema", "assumpte", "re", "perihal", "הנדון")
    ),
    "reply-to": (
        ("reply-to", "reply to", "antwort an", "répondre à", "responder a", "rispondi a", "risposta", "antwoord aan")
        + ("odpowiedz do", "обратный адрес", "svara till", "svar til", "vastausosoite", "返信先", "回复", "回覆")
    ),
    "other": (
        ("attachments", "attachment", "anlagen", "anhang", "pièces jointes", "datos adjuntos", "allegati", "anexos")
        + (
            "bijlagen",
            "załączniki",
            "вложения",
            "bilagor",
            "vedlegg",
            "liitteet",
            "přílohy",
            "importance",
            "wichtigkeit",
        )
        + ("priorität", "priority", "organization", "sender", "newsgroups", "message-id", "x-mailer", "resent-from")
    ),
}

ORIGINAL_MESSAGE = (
    ("original message", "original email", "original mail", "original appointment", "reply message", "urspr. nachricht")
    + ("ursprüngliche nachricht", "originalnachricht", "original-nachricht", "original nachricht", "ursprungsnachricht")
    + ("message d'origine", "message original", "message initial", "courriel original")
    + ("mensaje original", "mensaje origen", "missatge original", "messaggio originale", "messaggio original")
    + ("mensagem original", "oorspronkelijk bericht", "oorspronkelijke bericht", "origineel bericht", "mesaj original")
    + ("wiadomość oryginalna", "oryginalna wiadomość", "wiadomość źródłowa", "mesajul original", "mesaj inițial")
    + (
        "исходное сообщение",
        "оригинальное сообщение",
        "исходное письмо",
        "оригинал сообщения",
        "початкове повідомлення",
    )
    + ("оригінальне повідомлення", "вихідне повідомлення", "оригинално съобщение", "ursprungligt meddelande")
    + ("originalmeddelande", "ursprungsmeddelande", "opprinnelig melding", "original melding", "oprindelig meddelelse")
    + ("original meddelelse", "oprindelig besked", "alkuperäinen viesti", "původní zpráva", "původní e-mail")
    + ("pôvodná správa", "originalna poruka", "izvorna poruka", "izvirno sporočilo", "izvorno sporočilo", "algne kiri")
    + ("orijinal mesaj", "özgün ileti", "asıl ileti", "orijinal ileti", "eredeti üzenet", "αρχικό μήνυμα", "thư gốc")
    + (
        "元のメッセージ",
        "オリジナルメッセージ",
        "元のメール",
        "原始邮件",
        "原邮件",
        "原始郵件",
        "原始信息",
        "원본 메시지",
        "원본 메일",
    )
    + (
        "원래 메시지",
        "הודעה מקורית",
        "الرسالة الأصلية",
        "پیام اصلی",
        "pesan asli",
        "ข้อความดั้งเดิม",
        "originālais ziņojums",
    )
)

FORWARDED_MESSAGE = (
    ("forwarded message", "begin forwarded message", "forwarded by", "forwarded mail", "forwarded email", "fwd message")
    + ("weitergeleitete nachricht", "anfang der weitergeleiteten", "weitergeleitet von", "weitergeleitete e-mail")
    + ("message transféré", "début du message transféré", "message réexpédié", "transféré par", "message transmis")
    + ("mensaje reenviado", "inicio del mensaje reenviado", "inicio de mensaje reenviado", "reenviado por")
    + ("messaggio inoltrato", "inizio messaggio inoltrato", "inoltrato da", "mensagem encaminhada", "encaminhado por")
    + ("mensagem reencaminhada", "início da mensagem encaminhada", "doorgestuurd bericht", "begin doorgestuurd bericht")
    + ("doorgezonden bericht", "wiadomość przekazana", "przekazana wiadomość", "początek przekazywanej wiadomości")
    + ("treść przekazanej wiadomości", "пересылаемое сообщение", "пересланное сообщение", "начало переадресованного")
    + ("переслане повідомлення", "переадресоване повідомлення", "препратено съобщение", "vidarebefordrat meddelande")
    + ("vidarebefordrat brev", "videresendt melding", "videresendt meddelelse", "videresendt besked", "videresend")
    + ("välitetty viesti", "edelleenlähetetty viesti", "přeposlaná zpráva", "předaná zpráva", "preposlaná správa")
    + ("proslijeđena poruka", "posredovano sporočilo", "iletilen mesaj", "iletilmiş mesaj", "továbbított üzenet")
    + ("mesaj redirecționat", "mesaj redirectionat", "προωθημένο μήνυμα", "thư chuyển tiếp", "pesan terusan")
    + (
        "転送されたメッセージ",
        "転送メッセージ",
        "转发的邮件",
        "转发邮件",
        "轉寄郵件",
        "轉寄的郵件",
        "전달된 메시지",
        "전달된 메일",
    )
    + ("הודעה שהועברה", "الرسالة المعاد توجيهها", "رسالة معاد توجيهها", "ข้อความที่ส่งต่อ", "missatge reenviat")
)

FORWARD_SUBJECTS = (
    "fwd",
    "fw",
    "wg",
    "tr",
    "rv",
    "i",
    "enc",
    "doorst",
    "vs",
    "pd",
    "пересл",
    "vb",
    "vl",
    "vidaresänt",
    "ilt",
) + (
    "továbbítás",
    "tova",
    "redir",
    "πρθ",
    "转发",
    "轉寄",
    "転送",
    "전달",
    "הועבר",
    "fw-",
    "fwd-",
    "przekaż",
    "fp",
    "předáno",
)

# Before the name of a program or device: "Sent from my iPhone".
SENT_WITH = (
    ("sent from", "sent via", "sent with", "sent using", "sent by", "sent on", "sent through", "sent thru", "sent in")
    + (
        "written on",
        "written with",
        "typed on",
        "replied from",
        "posted from",
        "get outlook",
        "get the outlook",
        "from my",
    )
    + (
        "download outlook",
        "from mobile",
        "via mobile",
        "composed on",
        "dictated",
        "sent",
        "emailed from",
        "shared from",
    )
    + ("gesendet von", "gesendet mit", "gesendet über", "gesendet aus", "von meinem", "von unterwegs", "gesendet vom")
    + ("diese nachricht wurde von", "diese nachricht wurde mit", "holen sie sich outlook", "outlook für", "von outlook")
    + ("dieses mail wurde", "diese e-mail wurde von", "mit freundlichen grüßen vom", "hol dir outlook")
    + ("envoyé de", "envoyé depuis", "envoyé à partir", "envoyé par", "envoyé avec", "envoyé via", "envoyé d'un")
    + ("envoye de", "envoye depuis", "télécharger outlook", "téléchargez outlook", "obtenir outlook", "obtenez outlook")
    + ("provenance", "de mon iphone", "enviado desde", "enviado con", "enviado por", "enviado de", "enviado via")
    + (
        "enviado usando",
        "obtener outlook",
        "obtén outlook",
        "descargar outlook",
        "enviat des",
        "inviato da",
        "inviata da",
    )
    + ("inviato con", "inviato dal", "inviato tramite", "inviato dall", "scarica outlook", "ottieni outlook")
    + (
        "enviado do",
        "enviado da",
        "enviado a partir",
        "enviado pelo",
        "obter o outlook",
        "baixe o outlook",
        "obtenha o outlook",
    )
    + ("verzonden vanaf", "verzonden via", "verzonden met", "verzonden door", "verzonden van", "verstuurd vanaf")
    + ("verstuurd met", "verstuurd via", "verstuurd vanuit", "verzonden vanuit", "outlook voor", "outlook downloaden")
    + (
        "wysłane z",
        "wysłane przez",
        "wysłano z",
        "wyslane z",
        "wysłane za pomocą",
        "pobierz outlook",
        "uzyskaj outlook",
    )
    + ("pobierz program outlook", "pobierz aplikację outlook", "отправлено с", "отправлено из", "отправлено от")
    + ("отправлено через", "послано с", "скачать outlook", "получить outlook", "скачайте outlook", "надіслано з")
    + ("надіслано від", "надіслано через", "відправлено з", "отримайте outlook", "изпратено от", "изпратено чрез")
    + (
        "skickat från",
        "skickat med",
        "skickat via",
        "hämta outlook",
        "skaffa outlook",
        "sendt fra",
        "sendt med",
        "sendt via",
    )
    + ("sendt frå", "hent outlook", "få outlook", "skaff deg outlook", "last ned outlook", "lähetetty", "hanki outlook")
    + (
        "lataa outlook",
        "odesláno z",
        "odesláno pomocí",
        "odeslané z",
        "odesláno přes",
        "získat outlook",
        "stáhnout outlook",
    )
    + ("odoslané z", "odoslané cez", "poslano z", "poslano s", "poslano iz", "poslato sa", "preuzmite outlook")
    + (
        "trimis de pe",
        "trimis din",
        "trimis de",
        "trimis cu",
        "obțineți outlook",
        "descărcați outlook",
        "elküldve",
        "küldve",
    )
    + ("az iphone", "letöltés", "στάλθηκε από", "εστάλη από", "απεσταλμένο από", "αποστολή από", "λήψη του outlook")
    + ("gửi từ", "đã gửi từ", "được gửi từ", "tải outlook", "dikirim dari", "dapatkan outlook", "ส่งจาก", "saadetud")
    + (
        "nosūtīts no",
        "išsiųsta iš",
        "siųsta iš",
        "נשלח מ",
        "نُشرت من",
        "أرسلت من",
        "مرسل من",
        "تم الإرسال من",
        "ارسال شده از",
    )
    + (
        "发自",
        "發自",
        "发送自",
        "傳送自",
        "來自我的",
        "来自我的",
        "從我的",
        "从我的",
        "获取 outlook",
        "取得 outlook",
        "通过",
        "使用",
    )
    + ("나의", "내", "outlook 다운로드", "outlook 다운", "iphoneから", "ipadから", "スマートフォン", "outlook for")
)

# The same, where the words follow the device.
SENT_WITH_AFTER = (
    "gesendet",
    "から送信",
    "より送信",
    "を入手",
    "で送信",
    "傳送",
    "发送",
    "發送",
    "에서 보냄",
    "에서 보냈습니다",
    "에서 전송",
    "에서 발송",
) + ("gönderildi", "gönderilmiştir", "yollandı", "edinin", "küldve", "küldtem", "lähetetty", "skickat", "geschrieben")

# What a line must also name, unless it says "my".
DEVICES = (
    (
        "iphon",
        "ipad",
        "ipod",
        "ios",
        "apple",
        "mac",
        "android",
        "samsung",
        "galaxy",
        "huawei",
        "xiaomi",
        "redmi",
        "oppo",
    )
    + (
        "oneplus",
        "pixel",
        "nokia",
        "lumia",
        "htc",
        "sony",
        "xperia",
        "motorola",
        "moto ",
        "lg ",
        "alcatel",
        "blackberry",
    )
    + (
        "honor",
        "fairphone",
        "mobile",
        "mobil",
        "handy",
        "cell",
        "phone",
        "telefon",
        "téléphone",
        "teléfono",
        "telefono",
    )
    + (
        "телефон",
        "смартфон",
        "мобильн",
        "мобільн",
        "smartphone",
        "tablet",
        "gsm",
        "puhelim",
        "kännykä",
        "portable",
        "móvil",
    )
    + (
        "outlook",
        "hotmail",
        "mail",
        "gmail",
        "yahoo",
        "aol",
        "gmx",
        "web.de",
        "t-online",
        "orange",
        "mailbox",
        "airmail",
    )
    + (
        "thunderbird",
        "proton",
        "tutanota",
        "tuta",
        "k-9",
        "windows",
        "spark",
        "newton",
        "superhuman",
        "hey",
        "zoho",
        "nine",
    )
    + (
        "laptop",
        "ti-85",
        "watch",
        "device",
        "gerät",
        "appareil",
        "dispositivo",
        "apparaat",
        "urządz",
        "enhed",
        "enhet",
        "laite",
    )
    + (
        "boxer",
        "touchdown",
        "verizon",
        "t-mobile",
        "vodafone",
        "webmail",
        "app",
        "手机",
        "手機",
        "携帯",
        "スマホ",
        "휴대",
        "почт",
    )
    + (
        "bluemail",
        "aqua mail",
        "mailspring",
        "em client",
        "workspace",
        "notes",
        "sfr",
        "bouygues",
        "free",
        "libero",
        "3g",
    )
)

MY = (
    (
        "my",
        "meinem",
        "meiner",
        "mon",
        "ma",
        "mi",
        "mio",
        "mia",
        "miei",
        "meu",
        "minha",
        "mijn",
        "min",
        "mitt",
        "mit",
        "mojego",
    )
    + (
        "moje",
        "mého",
        "mojho",
        "моего",
        "моей",
        "мого",
        "мојег",
        "mojeg",
        "mojega",
        "minun",
        "iphone-omról",
        "μου",
        "meu",
    )
    + ("我的", "나의", "내", "שלי", "tôi", "saya", "můj", "mojí", "mobila", "moj")
)

APOLOGIES = (
    (
        "excuse",
        "typo",
        "brevity",
        "brief",
        "short",
        "autocorrect",
        "spelling",
        "mistake",
        "error",
        "entschuldig",
        "kürze",
    )
    + (
        "tippfehler",
        "rechtschreib",
        "pardon",
        "désolé",
        "fautes",
        "breve",
        "disculp",
        "scus",
        "desculp",
        "fout",
        "kort",
    )
    + (
        "excus",
        "thumbs",
        "sorry",
        "apolog",
        "forgive",
        "faute",
        "errores",
        "errori",
        "błęd",
        "ошибк",
        "stavefejl",
        "stavfel",
    )
)

# A line of its own before the name, at the end of a letter. Words of thanks are not here: they are said to somebody.
CLOSINGS = (
    (
        "regards",
        "best regards",
        "kind regards",
        "warm regards",
        "warmest regards",
        "kindest regards",
        "best",
        "all the best",
    )
    + ("best wishes", "cheers", "sincerely", "yours sincerely", "yours faithfully", "sincerely yours", "yours truly")
    + ("respectfully", "cordially", "rgds", "kr", "br", "many regards", "thanks and regards", "thanks & regards")
    + ("thank you and regards", "with kind regards", "with best regards", "with regards", "warmly", "kindly", "yours")
    + ("thanks and best regards", "thanks and kind regards", "best regards and thanks", "regards and thanks")
    + (
        "mit freundlichen grüßen",
        "mit freundlichen grüssen",
        "mit freundlichem gruß",
        "freundliche grüße",
        "mfg",
        "lg",
        "vg",
    )
    + (
        "freundliche grüsse",
        "viele grüße",
        "viele grüsse",
        "liebe grüße",
        "liebe grüsse",
        "beste grüße",
        "beste grüsse",
    )
    + (
        "herzliche grüße",
        "herzliche grüsse",
        "schöne grüße",
        "gruß",
        "grüße",
        "grüsse",
        "mit besten grüßen",
        "hochachtungsvoll",
    )
    + (
        "mit lieben grüßen",
        "mit herzlichen grüßen",
        "freundlicher gruss",
        "bg",
        "mit freundlichen grüßen / best regards",
    )
    + (
        "cordialement",
        "bien cordialement",
        "très cordialement",
        "salutations",
        "sincères salutations",
        "bien à vous",
        "cdt",
    )
    + (
        "bien à toi",
        "meilleures salutations",
        "amicalement",
        "respectueusement",
        "cdlt",
        "sincèrement",
        "avec mes salutations",
    )
    + (
        "saludos",
        "un saludo",
        "saludos cordiales",
        "cordiales saludos",
        "atentamente",
        "cordialmente",
        "un cordial saludo",
    )
    + (
        "muchos saludos",
        "atte",
        "un abrazo",
        "salutacions",
        "cordiali saluti",
        "distinti saluti",
        "saluti",
        "un saluto",
    )
    + (
        "cordialità",
        "un cordiale saluto",
        "tanti saluti",
        "cari saluti",
        "atenciosamente",
        "cumprimentos",
        "abraços",
        "att",
    )
    + (
        "os melhores cumprimentos",
        "melhores cumprimentos",
        "com os melhores cumprimentos",
        "saudações",
        "abraço",
        "atte.",
    )
    + (
        "met vriendelijke groet",
        "met vriendelijke groeten",
        "vriendelijke groet",
        "vriendelijke groeten",
        "mvg",
        "groeten",
    )
    + ("groet", "groetjes", "hartelijke groet", "hartelijke groeten", "met hartelijke groet", "hoogachtend", "mvrgr")
    + ("pozdrawiam", "z poważaniem", "z powazaniem", "pozdrowienia", "serdecznie pozdrawiam", "pozdrawiam serdecznie")
    + ("z wyrazami szacunku", "łączę pozdrowienia", "с уважением", "с наилучшими пожеланиями", "всего доброго", "с ув.")
    + ("с уважением и наилучшими пожеланиями", "з повагою", "з найкращими побажаннями", "поздрави", "с поздрав")
    + (
        "med vänlig hälsning",
        "med vänliga hälsningar",
        "vänliga hälsningar",
        "vänlig hälsning",
        "hälsningar",
        "mvh",
        "vh",
    )
    + (
        "bästa hälsningar",
        "med venlig hilsen",
        "med venlige hilsner",
        "venlig hilsen",
        "hilsen",
        "kh",
        "kærlig hilsen",
        "hälsning",
    )
    + (
        "bedste hilsner",
        "de bedste hilsner",
        "med vennlig hilsen",
        "vennlig hilsen",
        "beste hilsen",
        "mvh.",
        "hilsner",
        "dbh",
    )
    + (
        "ystävällisin terveisin",
        "terveisin",
        "terveiset",
        "parhain terveisin",
        "t.",
        "yt",
        "terv",
        "terveisiä",
        "yst. terv.",
    )
    + (
        "s pozdravem",
        "s přátelským pozdravem",
        "zdravím",
        "hezký den",
        "s úctou",
        "s pozdravom",
        "s priateľským pozdravom",
    )
    + (
        "srdačan pozdrav",
        "lijep pozdrav",
        "lep pozdrav",
        "pozdrav",
        "lp",
        "s poštovanjem",
        "saygılarımla",
        "saygılarımızla",
    )
    + (
        "iyi çalışmalar",
        "selamlar",
        "sevgiler",
        "üdvözlettel",
        "tisztelettel",
        "üdv",
        "szívélyes üdvözlettel",
        "köszönettel",
    )
    + ("cu stimă", "cu respect", "cu drag", "toate cele bune", "με εκτίμηση", "φιλικά", "με φιλικούς χαιρετισμούς")
    + (
        "よろしくお願いします",
        "宜しくお願いします",
        "よろしくお願いいたします",
        "宜しくお願い致します",
        "敬具",
        "以上",
        "此致",
        "祝好",
        "敬礼",
    )
    + (
        "此致敬礼",
        "順頌商祺",
        "顺祝商祺",
        "안녕히 계세요",
        "בברכה",
        "בכבוד רב",
        "مع أطيب التحيات",
        "تحياتي",
        "trân trọng",
    )
    + ("salam", "hormat saya", "terima kasih dan salam", "ขอแสดงความนับถือ", "lugupidamisega", "ar cieņu", "pagarbiai")
)

# A marker that asks people to write above it.
REPLY_ABOVE = (
    ("reply above this line", "type your reply above", "write your reply above", "please reply above", "reply above")
    + ("antworten sie oberhalb dieser", "über dieser zeile antworten", "oberhalb dieser zeile", "antwort über dieser")
    + ("répondez au-dessus de cette ligne", "répondre au-dessus de cette ligne", "au-dessus de cette ligne")
    + ("responda por encima de esta línea", "por encima de esta línea", "encima de esta línea", "acima desta linha")
    + ("rispondi sopra questa riga", "sopra questa riga", "sopra questa linea", "responda acima desta linha")
    + (
        "boven deze lijn",
        "boven deze regel",
        "powyżej tej linii",
        "nad tą linią",
        "выше этой строки",
        "над этой строкой",
    )
    + ("вище цього рядка", "ovanför denna rad", "ovenfor denne linjen", "over denne linje", "over denne linjen")
    + ("tämän rivin yläpuolelle", "nad tento řádek", "nad tímto řádkem", "nad túto čiaru", "bu satırın üzerine")
    + (
        "e fölé a sor fölé",
        "fölé írja",
        "deasupra acestei linii",
        "πάνω από αυτή τη γραμμή",
        "この行より上に",
        "この線より上",
    )
    + (
        "请在此行上方回复",
        "请在此线上方",
        "請在此行上方",
        "이 줄 위에",
        "מעל שורה זו",
        "فوق هذا السطر",
        "trên dòng này",
    )
)
