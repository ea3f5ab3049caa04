"""What mail programs write between a reply and the mail it answers, by language: material for tests.

Written down as the programs write it: `{name}` and `{mail}` are the quoted author. Not taken from the word tables of
the product, so that a wrong word there shows here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    attributions: tuple[str, ...]
    header_block: str
    separator: str
    device: str
    closing: str


def _block(from_: str, sent: str, to: str, subject: str, when: str) -> str:
    return f"{from_}: {{name}} <{{mail}}>\n{sent}: {when}\n{to}: Support <support@example.com>\n{subject}: Order 4711"


LANGUAGES = (
    Language(
        "en",
        (
            "On Thu, Jan 28, 2016 at 7:04 PM {name} <{mail}> wrote:",
            "On 28 Jan 2016, at 19:04, {name} <{mail}> wrote:",
            "On 28/01/2016 19:04, {name} wrote:",
            "---- On Thu, 28 Jan 2016 19:04:00 +0100 {name} <{mail}> wrote ----",
            "{name} <{mail}> wrote on Thursday, 28 January 2016 at 19:04:",
        ),
        _block("From", "Sent", "To", "Subject", "Thursday, January 28, 2016 7:04 PM"),
        "-----Original Message-----",
        "Sent from my iPhone",
        "Kind regards,",
    ),
    Language(
        "de",
        (
            "Am Do., 28. Jan. 2016 um 19:04 Uhr schrieb {name} <{mail}>:",
            "Am 28.01.2016 um 19:04 schrieb {name} <{mail}>:",
            "Am 28.01.16 um 19:04 schrieb {name}:",
            "{name} <{mail}> schrieb am Do., 28. Jan. 2016, 19:04:",
            "Gesendet: Donnerstag, 28. Januar 2016 um 19:04 Uhr\nVon: {name} <{mail}>\nAn: a@b.example\nBetreff: Frage",
        ),
        _block("Von", "Gesendet", "An", "Betreff", "Donnerstag, 28. Januar 2016 19:04"),
        "-----Ursprüngliche Nachricht-----",
        "Von meinem iPhone gesendet",
        "Mit freundlichen Grüßen",
    ),
    Language(
        "fr",
        (
            "Le jeu. 28 janv. 2016 à 19:04, {name} <{mail}> a écrit :",
            "Le 28 janv. 2016 à 19:04, {name} <{mail}> a écrit :",
            "Le 28/01/2016 à 19:04, {name} a écrit :",
        ),
        _block("De ", "Envoyé ", "À ", "Objet ", "jeudi 28 janvier 2016 19:04"),
        "-----Message d'origine-----",
        "Envoyé de mon iPhone",
        "Cordialement,",
    ),
    Language(
        "es",
        (
            "El jue, 28 ene 2016 a las 19:04, {name} (<{mail}>) escribió:",
            "El 28 ene 2016, a las 19:04, {name} <{mail}> escribió:",
            "El 28/1/16 a las 19:04, {name} escribió:",
        ),
        _block("De", "Enviado el", "Para", "Asunto", "jueves, 28 de enero de 2016 19:04"),
        "-----Mensaje original-----",
        "Enviado desde mi iPhone",
        "Saludos cordiales",
    ),
    Language(
        "it",
        (
            "Il giorno gio 28 gen 2016 alle ore 19:04 {name} <{mail}> ha scritto:",
            "Il giorno 28 gen 2016, alle ore 19:04, {name} <{mail}> ha scritto:",
            "Il 28/01/2016 19:04, {name} ha scritto:",
        ),
        _block("Da", "Inviato", "A", "Oggetto", "giovedì 28 gennaio 2016 19:04"),
        "-----Messaggio originale-----",
        "Inviato da iPhone",
        "Cordiali saluti",
    ),
    Language(
        "pt",
        (
            "Em qui., 28 de jan. de 2016 às 19:04, {name} <{mail}> escreveu:",
            "No dia 28/01/2016, às 19:04, {name} <{mail}> escreveu:",
            "Em 28/01/2016 19:04, {name} escreveu:",
        ),
        _block("De", "Enviada em", "Para", "Assunto", "quinta-feira, 28 de janeiro de 2016 19:04"),
        "-----Mensagem original-----",
        "Enviado do meu iPhone",
        "Atenciosamente,",
    ),
    Language(
        "nl",
        (
            "Op do 28 jan. 2016 om 19:04 schreef {name} <{mail}>:",
            "Op 28 jan. 2016, om 19:04 heeft {name} <{mail}> het volgende geschreven:",
            "Op 28-01-16 om 19:04 schreef {name}:",
        ),
        _block("Van", "Verzonden", "Aan", "Onderwerp", "donderdag 28 januari 2016 19:04"),
        "-----Oorspronkelijk bericht-----",
        "Verstuurd vanaf mijn iPhone",
        "Met vriendelijke groet,",
    ),
    Language(
        "pl",
        (
            "czw., 28 sty 2016 o 19:04 {name} <{mail}> napisał(a):",
            "Wiadomość napisana przez {name} <{mail}> w dniu 28 sty 2016, o godz. 19:04:",
            "W dniu 28.01.2016 o 19:04, {name} pisze:",
            "Dnia 28 stycznia 2016 19:04 {name} <{mail}> napisał(a):",
        ),
        _block("Od", "Wysłano", "Do", "Temat", "czwartek, 28 stycznia 2016 19:04"),
        "-----Wiadomość oryginalna-----",
        "Wysłane z iPhone'a",
        "Pozdrawiam,",
    ),
    Language(
        "ru",
        (
            "чт, 28 янв. 2016 г. в 19:04, {name} <{mail}>:",
            "28 янв. 2016 г., в 19:04, {name} <{mail}> написал(а):",
            "28.01.2016 19:04, {name} пишет:",
            '28.01.2016, 19:04, "{name}" <{mail}>:',
            "Четверг, 28 января 2016, 19:04 +03:00 от {name} <{mail}>:",
        ),
        _block("От", "Отправлено", "Кому", "Тема", "28 января 2016 г. 19:04"),
        "-----Исходное сообщение-----",
        "Отправлено с iPhone",
        "С уважением,",
    ),
    Language(
        "uk",
        (
            "чт, 28 січ. 2016 р. о 19:04 {name} <{mail}> пише:",
            "28 січ. 2016 р. о 19:04 {name} <{mail}> написав(ла):",
        ),
        _block("Від", "Надіслано", "Кому", "Тема", "28 січня 2016 р. 19:04"),
        "-----Оригінальне повідомлення-----",
        "Надіслано з iPhone",
        "З повагою,",
    ),
    Language(
        "sv",
        (
            "Den tors 28 jan. 2016 kl 19:04 skrev {name} <{mail}>:",
            "28 jan. 2016 kl. 19:04 skrev {name} <{mail}>:",
            "Den 2016-01-28 kl. 19:04, skrev {name}:",
        ),
        _block("Från", "Skickat", "Till", "Ämne", "den 28 januari 2016 19:04"),
        "-----Ursprungligt meddelande-----",
        "Skickat från min iPhone",
        "Med vänlig hälsning",
    ),
    Language(
        "no",
        (
            "tor. 28. jan. 2016 kl. 19:04 skrev {name} <{mail}>:",
            "28. jan. 2016 kl. 19:04 skrev {name} <{mail}>:",
            "Den 28.01.2016 19:04, skrev {name}:",
        ),
        _block("Fra", "Sendt", "Til", "Emne", "torsdag 28. januar 2016 19:04"),
        "-----Opprinnelig melding-----",
        "Sendt fra min iPhone",
        "Med vennlig hilsen",
    ),
    Language(
        "da",
        (
            "Den tor. 28. jan. 2016 kl. 19.04 skrev {name} <{mail}>:",
            "Den 28. jan. 2016 kl. 19.04 skrev {name} <{mail}>:",
            "Den 28-01-2016 kl. 19:04 skrev {name}:",
        ),
        _block("Fra", "Sendt", "Til", "Emne", "28. januar 2016 19:04"),
        "-----Oprindelig meddelelse-----",
        "Sendt fra min iPad",
        "Venlig hilsen",
    ),
    Language(
        "fi",
        (
            "to 28. tammik. 2016 klo 19.04 {name} ({mail}) kirjoitti:",
            "{name} <{mail}> kirjoitti 28.1.2016 kello 19.04:",
            "28.1.2016 19.04, {name} kirjoitti:",
        ),
        _block("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe", "torstai 28. tammikuuta 2016 19.04"),
        "-----Alkuperäinen viesti-----",
        "Lähetetty iPhonesta",
        "Ystävällisin terveisin",
    ),
    Language(
        "cs",
        (
            "čt 28. 1. 2016 v 19:04 odesílatel {name} <{mail}> napsal:",
            "28. 1. 2016 v 19:04, {name} <{mail}>:",
            "Dne 28.01.2016 v 19:04 {name} napsal(a):",
        ),
        _block("Od", "Odesláno", "Komu", "Předmět", "čtvrtek 28. ledna 2016 19:04"),
        "-----Původní zpráva-----",
        "Odesláno z iPhonu",
        "S pozdravem",
    ),
    Language(
        "sk",
        ("št 28. 1. 2016 o 19:04 {name} <{mail}> napísal(a):", "Dňa 28.01.2016 o 19:04 {name} napísal(a):"),
        _block("Od", "Odoslané", "Komu", "Predmet", "štvrtok 28. januára 2016 19:04"),
        "-----Pôvodná správa-----",
        "Odoslané z iPhonu",
        "S pozdravom",
    ),
    Language(
        "ja",
        (
            "2016年1月28日(木) 19:04 {name} <{mail}>:",
            "2016/01/28 19:04、{name} <{mail}>のメール:",
            "2016年1月28日 19:04、{name} さんは書きました:",
        ),
        _block("差出人", "送信日時", "宛先", "件名", "2016年1月28日 19:04"),
        "-----元のメッセージ-----",
        "iPhoneから送信",
        "よろしくお願いします",
    ),
    Language(
        "zh",
        (
            "{name} <{mail}> 于2016年1月28日周四 19:04写道：",
            "在 2016年1月28日，19:04，{name} <{mail}> 写道：",
            "{name} <{mail}> 於 2016年1月28日 週四 下午7:04寫道：",
        ),
        _block("发件人", "发送时间", "收件人", "主题", "2016年1月28日 19:04"),
        "------------------ 原始邮件 ------------------",
        "发自我的iPhone",
        "此致",
    ),
    Language(
        "ko",
        (
            "2016년 1월 28일 (목) 오후 7:04, {name} <{mail}>님이 작성:",
            "2016. 1. 28. 오후 7:04, {name} <{mail}> 작성:",
        ),
        _block("보낸 사람", "보낸 날짜", "받는 사람", "제목", "2016년 1월 28일 오후 7:04"),
        "-----원본 메시지-----",
        "나의 iPhone에서 보냄",
        "안녕히 계세요",
    ),
    Language(
        "tr",
        (
            "{name} <{mail}>, 28 Oca 2016 Per, 19:04 tarihinde şunu yazdı:",
            "{name} <{mail}> şunları yazdı (28 Oca 2016 19:04):",
        ),
        _block("Kimden", "Gönderildi", "Kime", "Konu", "28 Ocak 2016 Perşembe 19:04"),
        "-----Özgün İleti-----",
        "iPhone'umdan gönderildi",
        "Saygılarımla",
    ),
    Language(
        "hu",
        (
            "{name} <{mail}> ezt írta (időpont: 2016. jan. 28., Cs, 19:04):",
            "2016.01.28. 19:04 keltezéssel, {name} írta:",
        ),
        _block("Feladó", "Elküldve", "Címzett", "Tárgy", "2016. január 28., csütörtök 19:04"),
        "-----Eredeti üzenet-----",
        "Az iPhone-omról küldve",
        "Üdvözlettel",
    ),
    Language(
        "ro",
        (
            "În joi, 28 ian. 2016 la 19:04, {name} <{mail}> a scris:",
            "Pe 28 ian. 2016, la 19:04, {name} <{mail}> a scris:",
        ),
        _block("De la", "Trimis", "Către", "Subiect", "joi, 28 ianuarie 2016 19:04"),
        "-----Mesaj original-----",
        "Trimis de pe iPhone-ul meu",
        "Cu stimă",
    ),
    Language(
        "el",
        ("Στις Πέμ 28 Ιαν 2016 στις 7:04 μ.μ., ο/η {name} <{mail}> έγραψε:",),
        _block("Από", "Στάλθηκε", "Προς", "Θέμα", "Πέμπτη, 28 Ιανουαρίου 2016 7:04 μ.μ."),
        "-----Αρχικό μήνυμα-----",
        "Στάλθηκε από το iPhone μου",
        "Με εκτίμηση",
    ),
    Language(
        "bg",
        ("На чт, 28.01.2016 г. в 19:04 {name} <{mail}> написа:",),
        _block("От", "Изпратено", "До", "Относно", "28 януари 2016 г. 19:04"),
        "-----Оригинално съобщение-----",
        "Изпратено от моя iPhone",
        "Поздрави",
    ),
    Language(
        "hr",
        ("čet, 28. sij 2016. u 19:04 {name} <{mail}> napisao je:", "Dana 28.1.2016. u 19:04, {name} je napisao/la:"),
        _block("Od", "Poslano", "Prima", "Predmet", "28. siječnja 2016. 19:04"),
        "-----Izvorna poruka-----",
        "Poslano s mog iPhonea",
        "Lijep pozdrav",
    ),
    Language(
        "ca",
        (
            "Missatge de {name} <{mail}> del dia dj., 28 de gen. 2016 a les 19:04:",
            "El 28/1/16 a les 19:04, {name} va escriure:",
        ),
        _block("De", "Enviat", "Per a", "Assumpte", "dijous, 28 de gener de 2016 19:04"),
        "-----Missatge original-----",
        "Enviat des del meu iPhone",
        "Salutacions",
    ),
    Language(
        "he",
        ("בתאריך יום ה׳, 28 בינו׳ 2016 ב-19:04 מאת {name} <{mail}>:",),
        _block("מאת", "נשלח", "אל", "נושא", "יום חמישי 28 ינואר 2016 19:04"),
        "-----הודעה מקורית-----",
        "נשלח מה-iPhone שלי",
        "בברכה",
    ),
    Language(
        "vi",
        ("Vào Th 5, 28 thg 1, 2016 vào lúc 19:04 {name} <{mail}> đã viết:",),
        _block("Từ", "Đã gửi", "Đến", "Chủ đề", "28 Tháng 1 2016 19:04"),
        "-----Thư gốc-----",
        "Đã gửi từ iPhone của tôi",
        "Trân trọng",
    ),
    Language(
        "id",
        ("Pada tanggal Kam, 28 Jan 2016 pukul 19.04 {name} <{mail}> menulis:",),
        _block("Dari", "Dikirim", "Kepada", "Subjek", "28 Januari 2016 19:04"),
        "-----Pesan Asli-----",
        "Dikirim dari iPhone saya",
        "Hormat saya",
    ),
)
