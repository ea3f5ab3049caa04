"""What programs and people write under a text, in the languages that they speak. Tables only, formed as in `words`."""

from __future__ import annotations

from channels.email.replies.words import phrases

# Before the name of a program or device: "Sent from my iPhone".
SENT_WITH = phrases("""
    en  sent from | sent via | sent with | sent using | sent by | sent securely | sent safely
    en  written on | written with | typed on | replied from | posted from
    en  emailed from | shared from | dictated
    en  get bluemail | get spark | get canary
    en  get outlook | get the outlook | download outlook | composed on
    de  gesendet von | gesendet mit | gesendet über | gesendet aus | gesendet vom
    de  diese nachricht wurde von | diese nachricht wurde mit | diese e-mail wurde von | holen sie sich outlook
    de  hol dir outlook | versendet mit | sicher verschickt mit | verschickt mit
    nl  verzonden vanaf | verzonden via | verzonden met | verzonden door | verzonden van | verzonden vanuit
    nl  verstuurd vanaf | verstuurd met | verstuurd via | verstuurd vanuit | outlook downloaden
    fr  envoyé de | envoyé depuis | envoyé à partir | envoyé par | envoyé avec | envoyé via | envoyé d'un | envoye de
    fr  envoye depuis | télécharger outlook | téléchargez outlook | obtenir outlook | obtenez outlook
    es  enviado desde | enviado con | enviado por | enviado de | enviado via | enviado usando
    es  obtener outlook | obtén outlook | descargar outlook
    ca  enviat des
    it  inviato da | inviata da | inviato con | inviato dal | inviato tramite | inviato dall
    it  scarica outlook | ottieni outlook
    pt  enviado do | enviado da | enviado a partir | enviado pelo
    pt  obter o outlook | baixe o outlook | obtenha o outlook
    ro  trimis de pe | trimis din | trimis de | trimis cu | obțineți outlook | descărcați outlook
    pl  wysłane z | wysłane przez | wysłano z | wyslane z | wysłane za pomocą
    pl  pobierz outlook | uzyskaj outlook | pobierz program outlook | pobierz aplikację outlook
    cs  odesláno z | odesláno pomocí | odesláno přes | získat outlook | stáhnout outlook
    sk  odoslané z | odoslané cez
    hr  poslano z | poslano s | poslano iz | preuzmite outlook
    sr  poslato sa
    ru  отправлено с | отправлено из | отправлено от | отправлено через | послано с
    ru  скачать outlook | получить outlook | скачайте outlook
    uk  надіслано з | надіслано від | надіслано через | відправлено з | отримайте outlook
    bg  изпратено от | изпратено чрез
    sv  skickat från | skickat med | skickat via | hämta outlook | skaffa outlook
    no  sendt frå | skaff deg outlook | last ned outlook
    da  sendt fra | sendt med | sendt via | hent outlook | få outlook
    fi  lähetetty | hanki outlook | lataa outlook
    et  saadetud
    lv  nosūtīts no
    lt  išsiųsta iš | siųsta iš
    hu  elküldve | küldve
    el  στάλθηκε από | εστάλη από | απεσταλμένο από | αποστολή από | λήψη του outlook
    vi  gửi từ | đã gửi từ | được gửi từ | tải outlook
    id  dikirim dari | dapatkan outlook
    th  ส่งจาก
    ja  iphonから | iphoneから | ipadから | スマートフォン
    zh  发自 | 發自 | 发送自 | 傳送自 | 來自我的 | 来自我的 | 從我的
    zh  从我的 | 获取 outlook | 取得 outlook
    ko  outlook 다운로드 | outlook 다운
    he  נשלח מ
    ar  نُشرت من | أرسلت من | أُرسلت من | مرسل من | تم الإرسال من
    fa  ارسال شده از
""")

# The same without a verb: sentences begin so too, and only a short line is meant.
FROM_MY = phrases("""
    en  from my | from mobile | via mobile | outlook for
    de  von meinem | von unterwegs | von outlook | outlook für | mit freundlichen grüßen vom
    nl  outlook voor
    fr  de mon
    hu  az iphon
""")

# The same, where the words follow the device.
SENT_WITH_AFTER = phrases("""
    de  gesendet | geschrieben
    sv  skickat
    fi  lähetetty
    tr  gönderildi | gönderilmiştir | yollandı | edinin
    hu  küldve | küldtem
    ja  から送信 | より送信 | を入手 | で送信
    zh  傳送 | 发送 | 發送
    ko  에서 보냄 | 에서 보냈습니다 | 에서 전송 | 에서 발송
""")

# What such a line must also name, unless it says "my".
DEVICES = phrases("""
    makers    iphon | ipad | ipod | ios | apple | mac | android | samsung | galaxy | huawei | xiaomi | redmi | oppo
    makers    oneplus | pixel | nokia | lumia | htc | sony | xperia
    makers    motorola | alcatel | blackberry | honor | fairphone
    programs  outlook | hotmail | mail | gmail | yahoo | aol | gmx | web.de | t-online | orange | mailbox | airmail
    programs  thunderbird | proton | tutanota | tuta | k-9 | windows | spark | newton | superhuman | hey | zoho | nine
    programs  unibox | fastmail | rediffmail | canary | edison | polymail | mailmate | front
    programs  missive | postbox | shortwave | spike | typeapp | poczt
    programs  boxer | touchdown | webmail | app | bluemail | em client | workspace | notes | libero
    networks  verizon | at&t | t-mobile | vodafone | sfr | bouygues | free | 3g
    things    laptop | ti-85 | watch | device | tablet | gsm | smartphone | mobile | mobil | cell | phone
    de  handy | telefon | gerät
    nl  apparaat
    fr  téléphone | portable | appareil
    es  teléfono | móvil | dispositivo
    it  telefono
    pl  urządz
    ru  телефон | смартфон | мобильн | почт
    uk  мобільн
    da  enhed
    no  enhet
    fi  puhelim | kännykä | laite
    ja  携帯 | スマホ
    zh  手机 | 手機
    ko  휴대
""")

MY = phrases("""
    en  my
    de  meinem | meiner
    nl  mijn
    fr  mon | ma
    es  mi
    it  mio | mia | miei
    pt  meu | minha
    ro  mobila
    pl  mojego | moje
    cs  mého | můj | mojí
    sk  mojho
    hr  mojeg | moj | mog
    sl  mojega
    ru  моего | моей
    uk  мого
    sr  мојег
    sv  min | mitt
    da  mit
    fi  minun
    hu  iphone-omról
    el  μου
    vi  tôi
    id  saya
    zh  我的
    ko  나의 | 내
    he  שלי
""")

# What may follow such a line: "please excuse typos".
APOLOGIES = phrases("""
    en  excuse | typo | brevity | brief | short | autocorrect | spelling | mistake | error | thumbs | sorry | apolog
    en  forgive | secure
    de  entschuldig | kürze | tippfehler | rechtschreib
    nl  fout | kort | excus
    fr  pardon | désolé | faute
    es  breve | disculp | errores | seguro
    it  scus | errori
    pt  desculp
    pl  błęd
    ru  ошибк
    da  stavefejl
    sv  stavfel
""")

# How a letter ends that is a letter: the words go on, as politeness wants.
LONG_CLOSINGS = phrases("""
    fr  je vous prie d'agréer | nous vous prions d'agréer | veuillez agréer | veuillez recevoir | je vous prie de croire
    fr  veuillez croire | recevez, madame | recevez, monsieur
    es  reciba un cordial saludo | reciban un cordial saludo | sin otro particular
    it  porgo cordiali saluti | porgo distinti saluti
    pt  subscrevo-me
""")

# A line of its own before the name, at the end of a letter. Words of thanks are not here: they are said to somebody.
CLOSINGS = phrases("""
    en  regards | best regards | kind regards | warm regards | warmest regards | kindest regards | many regards | best
    en  all the best | best wishes | cheers | sincerely | yours sincerely | yours faithfully | sincerely yours | yours
    en  yours truly | respectfully | cordially | warmly | kindly | rgds | kr | br | with regards | with kind regards
    en  b.r | with best regards | thanks and regards | thanks & regards | thank you and regards | regards and thanks
    en  thanks and best regards | thanks and kind regards | best regards and thanks
    de  mit freundlichen grüßen | mit freundlichen grüssen | mit freundlichem gruß | freundliche grüße | mfg | lg | vg
    de  freundliche grüsse | viele grüße | viele grüsse | liebe grüße | liebe grüsse | beste grüße | beste grüsse | bg
    de  herzliche grüße | herzliche grüsse | schöne grüße | gruß | grüße | grüsse | mit besten grüßen
    de  mit lieben grüßen | mit herzlichen grüßen | freundlicher gruss | hochachtungsvoll
    nl  met vriendelijke groet | met vriendelijke groeten | vriendelijke groet | vriendelijke groeten | mvg | groeten
    nl  groet | groetjes | hartelijke groet | hartelijke groeten | met hartelijke groet | hoogachtend
    fr  cordialement | bien cordialement | très cordialement | salutations | sincères salutations | bien à vous | cdt
    fr  bien à toi | meilleures salutations | amicalement | respectueusement | cdlt | sincèrement
    es  saludos | un saludo | saludos cordiales | cordiales saludos | atentamente | cordialmente | un cordial saludo
    es  muchos saludos | atte | un abrazo
    ca  salutacions
    it  cordiali saluti | distinti saluti | saluti | un saluto | cordialità | un cordiale saluto | tanti saluti
    it  cari saluti
    pt  atenciosamente | cumprimentos | abraços | abraço | att | os melhores cumprimentos | melhores cumprimentos
    pt  com os melhores cumprimentos | saudações
    ro  cu stimă | cu respect | cu drag | toate cele bune
    pl  pozdrawiam | z poważaniem | z powazaniem | pozdrowienia | serdecznie pozdrawiam | pozdrawiam serdecznie
    pl  z wyrazami szacunku | łączę pozdrowienia
    cs  s pozdravem | s přátelským pozdravem | zdravím | s úctou
    sk  s pozdravom | s priateľským pozdravom
    hr  srdačan pozdrav | lijep pozdrav | pozdrav | s poštovanjem
    sl  lep pozdrav | lp
    ru  с уважением | с наилучшими пожеланиями | всего доброго | с ув | с уважением и наилучшими пожеланиями
    uk  з повагою | з найкращими побажаннями
    bg  поздрави | с поздрав
    sv  med vänlig hälsning | med vänliga hälsningar | vänliga hälsningar | vänlig hälsning | hälsningar | hälsning
    sv  bästa hälsningar | mvh | vh
    no  med vennlig hilsen | vennlig hilsen | beste hilsen | dbh
    da  med venlig hilsen | med venlige hilsner | venlig hilsen | hilsen | kh | kærlig hilsen | bedste hilsner | hilsner
    da  de bedste hilsner
    fi  ystävällisin terveisin | terveisin | terveiset | parhain terveisin | t | yt | terv | terveisiä | yst. terv
    et  lugupidamisega
    lv  ar cieņu
    lt  pagarbiai
    tr  saygılarımla | saygılarımızla | iyi çalışmalar | selamlar | sevgiler
    hu  üdvözlettel | tisztelettel | üdv | szívélyes üdvözlettel | köszönettel
    el  με εκτίμηση | φιλικά | με φιλικούς χαιρετισμούς
    vi  trân trọng
    id  salam | hormat saya
    th  ขอแสดงความนับถือ
    ja  よろしくお願いします | 宜しくお願いします | よろしくお願いいたします | 宜しくお願い致します | 敬具 | 以上
    zh  此致 | 祝好 | 敬礼 | 此致敬礼 | 順頌商祺 | 顺祝商祺
    ko  안녕히 계세요
    he  בברכה | בכבוד רב
    ar  مع أطيب التحيات | تحياتي
""")
