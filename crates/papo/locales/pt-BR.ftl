# O que o papo diz, em português. O mesmo que en.ftl, com os mesmos nomes e variáveis.

## O hub, para quem está na porta de texto TCP

notice-help =
    O que você pode escrever aqui:
    /nick NOME   muda o seu nome
    /join SALA   vai para outra sala
    /who         mostra quem está nesta sala
    /help        esta lista
    /quit        sai
    Todo o resto vai para a sala. Uma linha que começa com // é enviada com uma barra só: //x diz /x.
notice-hint = Você é { $label } na sala { $room }. Escreva uma linha para falar, ou /help para ver os comandos.
notice-unknown-command = O comando { $given } não existe: nada foi enviado. /help lista os comandos; para dizer uma linha que começa com barra, escreva duas.
notice-unknown-command-suggest = O comando { $given } não existe: nada foi enviado. Você quis dizer { $suggestion }? Para dizer uma linha que começa com barra, escreva duas.
notice-who =
    { $count ->
        [one] 1 pessoa em { $room } neste hub: { $labels }
       *[other] { $count } pessoas em { $room } neste hub: { $labels }
    }
notice-who-more =
    { $count ->
        [one] e mais 1
       *[other] e mais { $count }
    }
notice-nick-set = Agora você é { $nick }.
notice-nick-taken = Já há { $wanted } aqui: agora você é { $given }.
notice-nick-bad = Esse não pode ser o seu nome: ele { $reason }.
notice-nick-usage = Escreva o nome depois do comando, por exemplo /nick maria.
notice-room-joined = Agora você está na sala { $room }.
notice-room-same = Você já está na sala { $room }.
notice-room-bad = Essa não pode ser uma sala: o nome { $reason }.
notice-room-usage = Escreva a sala depois do comando, por exemplo /join lobby.
notice-rooms-full = Este hub já tem todas as salas que comporta: entre em uma que existe.
notice-not-kept = não foi dito: o hub não conseguiu guardar. Envie de novo mais tarde.
notice-direct = { $from } diz só a você: { $text }
notice-too-long = Não foi enviado: { $bytes } bytes é demais, o limite é { $limit }. Divida o texto em partes.
notice-goodbye = Até logo!

## O que há de errado com um nome: o fim de uma frase que começou com ele

name-empty = está vazio
name-too-long =
    { $limit ->
        [one] tem mais de 1 caractere
       *[other] tem mais de { $limit } caracteres
    }
name-forbidden = não pode conter o caractere “{ $character }”
name-space = não pode ter espaço
name-reserved = é reservado
name-not-hex = não são 32 dígitos hexadecimais

## Motivos em quadros de fechamento do WebSocket: no máximo 120 bytes

close-going-away = o hub está sendo desligado
close-slow-consumer = as mensagens chegaram mais rápido do que esta conexão podia receber
close-binary = aqui só se entende texto
close-bad-utf8 = o texto não é UTF-8 válido
close-too-large = a mensagem é grande demais
close-keepalive = nenhum sinal de vida por tempo demais
close-too-many-sessions = conexões demais vindas do seu endereço
close-hub-full = o hub está cheio

## Erros: depois de "papo: "

error-unexpected = aconteceu algo que não devia: { $detail }
error-write = não foi possível escrever { $path }: { $detail }
error-lang = --lang { $given }: não há esse idioma aqui, escreva en ou pt-BR
error-command-line = { $detail }; veja papo --help
error-argument-unknown = a opção { $given } não existe; --help lista as que existem
error-argument-unknown-suggest = a opção { $given } não existe; você quis dizer { $suggestion }?
error-argument-missing = falta { $argument }; --help mostra um exemplo
error-argument-repeated = { $argument } só pode ser dada uma vez, e não com o que a exclui
error-command-missing = falta um comando; papo --help lista os que existem
error-command-unknown = o comando { $given } não existe; papo --help lista os que existem
error-command-unknown-suggest = o comando { $given } não existe; você quis dizer { $suggestion }?
error-value-missing = { $argument } precisa de um valor depois dela
error-value-unknown = { $argument } não pode ser { $given }; as opções são { $valid }
error-value-unwanted = { $argument } não aceita valor, mas recebeu { $given }
error-config-unreadable = não foi possível ler o arquivo de configuração { $path }: { $detail }
error-config = { $path }:{ $line }: { $reason }
error-toml-syntax = isto não é TOML: { $detail }
error-key-unknown = a configuração { $key } não existe
error-key-unknown-suggest = a configuração { $key } não existe; você quis dizer { $suggestion }?
error-want-section = { $section } tem de ser uma seção: escreva [{ $section }] em uma linha só
error-want-text = { $key } tem de ser um texto entre aspas
error-want-text-or-number = { $key } tem de ser um texto entre aspas ou um número inteiro
error-want-list = { $key } tem de ser uma lista de textos, por exemplo ["um", "dois"]
error-want-true-or-false = { $key } tem de ser true ou false
error-want-switch = não é ligado nem desligado: escreva 1 ou 0
error-setting = { $source }: "{ $given }" { $reason }
error-address = não é um endereço onde escutar: escreva um endereço IP e uma porta, por exemplo { $suggestion }
error-port = não tem uma porta possível: as portas vão de 1 a 65535 (0 deixa o sistema escolher onde o papo escuta)
error-link = não é a URL de um hub: escreva uma como http://192.168.0.10:8000/relay
error-link-scheme = não começa com http:// nem https://: escreva { $suggestion }
error-link-credentials = contém um nome de usuário: ligações entre hubs são assinadas, veja --link-secret-file
error-secret-unreadable = não pode ser lido: { $detail }
error-secret-empty = está vazio: ponha nele um texto longo e aleatório, o mesmo nos dois hubs
error-secret-short = tem só { $bytes } bytes: ponha nele um texto aleatório de pelo menos { $least }, o mesmo nos dois hubs
error-rate = não é uma taxa: escreva mensagens por segundo como um número inteiro a partir de 1, ou off
error-per-minute = não é um número de conexões: escreva quantas por minuto como um número inteiro de 1 a { $most }, ou off
error-dialect = não é um dialeto: escreva 2025-09 ou 2025-11
error-file-name = não é o nome de um arquivo: escreva um como pares.jsonl
error-data-ephemeral = { $data } e { $ephemeral } se excluem: guarde os dados em um arquivo, ou não guarde nada
error-folder-name = não é o nome de uma pasta: escreva um como /var/lib/papo
error-count = não é um número a partir de 1: escreva um como 5000
error-days = não é um número de dias até { $most }: escreva um como 30
error-bytes = não é um número de bytes: escreva um como 64M ou 1G
error-hub-ephemeral = este hub não guarda nada: indique com --data a pasta de um que guarde
error-network = não é uma rede: escreva uma como 10.0.0.0/8, ou um só endereço
error-host = não é um nome de máquina: escreva só o nome, sem http:// e sem porta
error-origin = não é uma origem: escreva uma como https://chat.example, sem caminho
error-directory = não tem um index.html: dê o diretório da página

error-journal = não foi possível guardar os dados em { $path }: { $detail }
error-journal-in-use = { $path } está em uso por outro papo: escolha outro --data, ou --ephemeral
error-journal-no-file = { $path } não é um arquivo comum: escolha outro --data, ou --ephemeral
error-journal-foreign = { $path } contém algo que não são os dados de um registro: escolha outro --data, ou --ephemeral
error-import-large = { $path } é maior que { $limit } MiB: nenhum servidor antigo o escreveu
error-import-malformed = { $path } começa como o arquivo de um servidor antigo e não é uma lista de pares: { $detail }. Conserte-o, ou escolha outro --data
error-journal-unsaved =
    { $entries ->
        [one] 1 mudança não está em { $path }: { $detail }
       *[other] { $entries } mudanças não estão em { $path }: { $detail }
    }

error-rooms = não foi possível usar as salas em { $path }: { $detail }
error-rooms-in-use = { $path } está em uso por outro papo: encerre-o antes, ou escolha outro --data ou --name
error-rooms-missing = { $path } não existe: indique a pasta de um hub com --data, ou o hub com --name
error-rooms-exists = { $path } já existe: escolha outro nome
error-rooms-newer = { $path } foi escrito por um papo mais novo: use aquele
error-rooms-older = { $path } foi escrito por um papo mais antigo: rode papo serve com ele uma vez, que o atualiza
error-rooms-foreign = { $path } contém outra coisa que não as salas de um hub: escolha outro --data
error-rooms-damaged = { $path } está danificado: { $detail }. Ponha um backup no lugar, ou escolha outro --data

archive-imported = importadas: { $taken }; puladas, porque já estavam lá: { $skipped }
archive-backup = está tudo em { $path }: com o nome rooms.db, em uma pasta só dele, serve como --data de um hub
archive-token = este é o token de { $nick }; ele só é mostrado agora
archive-token-until = este é o token de { $nick } até { $until }; ele só é mostrado agora
error-archive-room = o nome de sala "{ $given }" { $reason }
error-archive-nick = o apelido "{ $given }" { $reason }
error-archive-days = --days "{ $given }" { $reason }
error-archive-nothing = nada está guardado da sala { $room } em { $path }
error-archive-token = { $nick } não tem token: papo token list mostra quem tem
error-archive-unreadable = não foi possível ler { $path }: { $detail }
error-archive-line = { $path }, linha { $line }, { $reason }. Nada foi importado
error-archive-json = não é uma mensagem: { $detail }
error-archive-field = não tem um { $field } que faça sentido
error-archive-long = tem mais de { $limit } bytes

error-health-url = "{ $given }" não é a URL de um hub: escreva uma como http://127.0.0.1:8000
error-health-status = { $url } responde { $status }: o hub não está pronto
error-health-unreachable = ninguém responde em { $url } ({ $detail }): o papo serve está rodando lá?
error-health-slow =
    { $seconds ->
        [one] { $url } não respondeu em 1 segundo
       *[other] { $url } não respondeu em { $seconds } segundos
    }

error-connect-url = papo connect não sabe o que é { $given }: use host:4333 para a porta TCP, ou uma URL como http://host:8000 para as salas de um hub
error-connect-address = "{ $given }" não é um endereço: use host ou host:porta, por exemplo 192.168.0.10:4333
error-connect-refused = ninguém escuta em { $address }: o papo serve está rodando lá, com a porta TCP { $port }?
error-connect-failed = não foi possível conectar a { $address }: { $detail }
error-connect-slow = { $address } não responde: o endereço está certo, e algum firewall bloqueia a porta { $port }?
error-connect-closed = o servidor fechou a conexão
error-connect-lost = a conexão caiu: { $detail }
error-rooms-option = { $option } só vale com uma URL, como http://{ $host }:8000: na porta TCP, escreva /nick e /join
error-rooms-too-many = uma sessão pode estar em no máximo { $most } salas
error-rooms-refused = ninguém escuta em { $address }: o papo serve está rodando lá, e essa é a porta HTTP dele?
error-rooms-status = { $address } não fala papo.v1 (responde { $status }): é um hub papo desta versão? A porta TCP dele é host:4333
error-rooms-unauthorized = o hub não deixa você entrar: { $detail }. Informe um token com --token-file ou PAPO_TOKEN
error-rooms-replaced = esta sessão continua em outro lugar: alguém se conectou com ela de novo
error-rooms-unacknowledged =
    { $count ->
        [one] 1 mensagem não foi confirmada: pode ter se perdido
       *[other] { $count } mensagens não foram confirmadas: podem ter se perdido
    }

## papo connect, em stderr

say-connected = conectado a { $address }; /help lista os comandos, Ctrl-D sai
say-left = saiu de { $address }
say-interrupted = interrompido
say-input-unreadable = não foi possível continuar a ler a entrada: { $detail }
say-too-long = não foi enviada: a linha tem { $bytes } bytes, o limite é { $limit }
say-unknown-command = o comando { $given } não existe: nada foi enviado; /help lista os comandos, // envia uma linha que começa com barra
say-unknown-command-suggest = o comando { $given } não existe: nada foi enviado; você quis dizer { $suggestion }?
say-old-server = este servidor não conhece { $given }: ele só repassa linhas
say-help =
    /nick NOME   muda o seu nome (quem faz é o hub)
    /join SALA   vai para outra sala (quem faz é o hub)
    /who         mostra quem está na sala (quem responde é o hub)
    /help        esta lista
    /quit, /exit sai, como Ctrl-D
    Todo o resto vai para a sala. Para enviar uma linha que começa com barra, escreva duas: //x diz /x.

# papo connect nas salas de um hub

rooms-ready = conectado a { $hub } como { $nick }; o que você escreve vai para #{ $room }, /help lista os comandos, Ctrl-D sai
rooms-joined = você está em #{ $room }, com { $count } presentes: { $names }
rooms-who = { $count } em #{ $room }: { $names }
rooms-came = #{ $room }: chegou { $came }
rooms-went = #{ $room }: saiu { $went }
rooms-came-and-went = #{ $room }: chegou { $came }, saiu { $went }
rooms-delivered = ✓ { $to }: { $text }
rooms-failed = não foi enviada para { $to }: { $text } ({ $code }: { $detail })
rooms-gap =
    { $count ->
        [one] #{ $room }: falta 1 mensagem do hub { $hub }
       *[other] #{ $room }: faltam { $count } mensagens do hub { $hub }
    }
rooms-history =
    { $count ->
        [one] 1 mensagem de #{ $room }; há mais antigas
       *[other] { $count } mensagens de #{ $room }; há mais antigas
    }
rooms-history-whole =
    { $count ->
        [0] nada está guardado de #{ $room }
        [one] 1 mensagem de #{ $room }; não há nada mais antigo
       *[other] { $count } mensagens de #{ $room }; não há nada mais antigo
    }
rooms-found =
    { $count ->
        [one] 1 mensagem de #{ $room } com “{ $query }”
       *[other] { $count } mensagens de #{ $room } com “{ $query }”, as mais novas
    }
rooms-found-nothing = nada em #{ $room } com “{ $query }”
rooms-reconnecting = { $reason }; tentativa { $attempt } em { $seconds } s. O que você escrever fica guardado e é enviado depois
rooms-reconnected = conectado de novo
rooms-closed = o hub fechou a conexão: { $detail }
rooms-silent = o hub está em silêncio há { $seconds } s
rooms-hello-refused = o hub recusou a sessão: { $detail }
rooms-nick-taken = o nome { $wanted } já está em uso: você é { $nick }
rooms-other-hub = o hub começou de novo: o que foi dito lá antes pode ter se perdido
rooms-previous = o hub tinha fechado a última conexão: { $reason }
rooms-error = o hub não fez isso: { $detail } ({ $code })
rooms-list = suas salas: { $rooms } (* é onde você escreve)
rooms-active = agora você escreve em #{ $room }
rooms-parted = você saiu de #{ $room } e agora escreve em #{ $active }
rooms-parted-last = você saiu de #{ $room } e não está em nenhuma sala: /join SALA entra em uma
rooms-none = você não está em nenhuma sala: /join SALA entra em uma
rooms-not-in = você não está em #{ $room }: /join { $room } entra nela
rooms-nick = o nome vale pela sessão inteira: comece de novo com papo connect URL --nick NOME
rooms-no-search = este hub não sabe procurar
rooms-offline = agora não há conexão: tente de novo quando houver
rooms-wait = há perguntas demais em aberto: espere as respostas
rooms-status = você é { $who } em { $hub }, conectado; { $waiting } sem confirmação. Este hub esquece tudo quando termina
rooms-status-durable = você é { $who } em { $hub }, conectado; { $waiting } sem confirmação. O que é confirmado sobrevive ao hub
rooms-status-offline = você é { $who } em { $hub }, sem conexão; { $waiting } sem confirmação
rooms-want-room = diga uma sala, como em /join lobby: nada foi feito
rooms-want-text = dê um nome e um texto, como em /msg bia olá: nada foi enviado
rooms-want-words = dê palavras para procurar, como em /search prova: nada foi feito
rooms-want-count = dê um número de 1 a { $most }, como em /history 50: nada foi feito
rooms-bad-room = { $given } não é nome de sala: { $reason }
rooms-bad-nick = { $given } não é nome de sessão: { $reason }
rooms-help =
    /join SALA      entra em uma sala e escreve nela
    /part [SALA]    sai de uma sala
    /room SALA      passa a escrever em outra das suas salas
    /rooms          as salas em que você está
    /msg NOME TEXTO escreve só para uma pessoa (NOME ou NOME@SALA)
    /who            quem está nesta sala
    /history [N]    as últimas mensagens desta sala
    /search TEXTO   mensagens desta sala com essas palavras
    /status         como está a conexão, e o que falta confirmar
    /help           esta lista
    /quit, /exit    sai, como Ctrl-D
    Todo o resto vai para a sala. Para enviar uma linha que começa com barra, escreva duas: //x diz /x.

# papo serve: as primeiras linhas, e o que o impede de escutar

serve-ready = papo: o chat “{ $name }” está aberto; todos começam na sala { $room }
serve-ready-http = no navegador: { $url }
serve-ready-tcp = no terminal: nc { $spaced }   ou: papo connect { $address }
serve-ready-link = liga-se a { $url }
serve-ready-data = o que se diz fica guardado em { $folder }
serve-ready-ephemeral = nada fica guardado: o que se diz acaba com este hub
serve-ready-local = só esta máquina o alcança; papo serve --lan o abre para a rede
serve-ready-rendezvous = rendezvous para peers: { $address }
registry-ready = papo: o rendezvous está aberto (dialeto { $dialect }); é aqui que os peers se registram e se encontram
registry-ready-address = os peers usam: --rendezvous { $address }
registry-ready-data = os registros ficam em { $path }
registry-ready-ephemeral = os registros não são guardados: acabam com este processo
registry-trust-unused = --trust não isenta ninguém do bloqueio do dialeto 2025-11, que conta todos como o original; --max-per-minute o altera
serve-few-files = esta máquina permite { $got } arquivos abertos e { $wanted } podem ser necessários: caberão menos conexões. Aumente o limite rígido (ulimit -Hn) antes de iniciá-lo.
error-bind = não dá para escutar em { $address }: { $error }
error-bind-in-use = não dá para escutar em { $address }: outro programa já escuta ali. Se for um papo mais antigo, encerre-o; ou escolha outra porta: papo { $command } { $option } { $next }
error-bind-permission = não dá para escutar em { $address }: este usuário não pode usar essa porta. Escolha uma acima de 1023: papo { $command } { $option } { $next }
error-bind-not-here = não dá para escutar em { $address }: esta máquina não tem esse endereço. Use 127.0.0.1 só para esta máquina, ou 0.0.0.0 para todos os endereços que ela tem.
close-replaced = esta sessão continua em uma conexão mais nova.
close-unauthorized = este hub pede um token. Peça um a quem o administra e use papo connect http://… --token TOKEN.
close-no-hello = ninguém disse HELLO a tempo.
close-bad-frame = isso não era um quadro WebSocket válido

## papo check: o que o impede de começar

error-check-address = "{ $given }" não é o endereço de um servidor: use host ou host:porta, por exemplo 127.0.0.1:5000
error-check-refused = ninguém escuta em { $address }: o servidor está rodando, e nessa porta?
error-check-failed = não foi possível conectar a { $address }: { $detail }
error-check-slow = { $address } não responde: o endereço está certo, algum firewall bloqueia a porta, e o servidor escuta em 0.0.0.0 e não só em 127.0.0.1?
error-check-case = o caso { $given } não existe; papo check rendezvous ADDR sem --only lista os que existem
error-check-case-suggest = o caso { $given } não existe; você quis dizer { $suggestion }?
error-check-dialect = o caso { $given } não é do dialeto { $dialect }: escolha o outro com --dialect

## papo check: o relatório

check-begin =
    { $cases ->
        [one] verificando { $address }: 1 caso, dialeto { $dialect }
       *[other] verificando { $address }: { $cases } casos, dialeto { $dialect }
    }
check-begin-slow = este dialeto bloqueia quem faz mais de 50 conexões em 60 s: a verificação inteira leva alguns minutos e termina com esta máquina bloqueada
check-waiting =
    { $seconds ->
        [one] esperando 1 s para não ser bloqueado
       *[other] esperando { $seconds } s para não ser bloqueado
    }
check-summary = { $dialect }: { $passed } passaram, { $failed } falharam, { $advice } conselhos, { $skipped } pulados
check-label-sent = enviado
check-label-expected = esperado
check-label-got = recebido
check-sent-nothing = nada: só uma conexão
check-sent-end-alone = nenhum byte, só o fim do nosso lado de envio
check-sent-end = { $bytes } e o fim do nosso lado de envio, sem quebra de linha
check-sent-pieces = em pedaços com uma pausa entre eles (onde há |): { $bytes }
check-sent-byte-by-byte = cada byte em uma escrita própria: { $bytes }
check-sent-drip = um byte por segundo: { $bytes }
check-sent-long = { $length } bytes: { $bytes }
check-sent-ban = DISCOVER em uma conexão após a outra, { $allowed } delas e depois mais
check-want-ended = o fim da conexão em cerca de 10 s, com ou sem resposta
check-want-idle = depois de 5 s (entre 4 e 15): { $reply }
check-want-ban = a 51ª conexão em 60 s fechada sem nenhum byte, e a seguinte respondida com "… has been blocked … (limit: 50). The block will be lifted in N seconds." com N de 1 a { $seconds }
check-got-nothing = o fim da conexão, sem nenhum byte
check-got-reset = a conexão foi derrubada (ECONNRESET), sem nenhum byte
check-got-silence = nada durante { $seconds } s
check-got-unreachable = nenhuma conexão: { $detail }
check-got-then-reset = { $reply } e depois a conexão foi derrubada (ECONNRESET)
check-got-then-open = { $reply } e depois a conexão continuou aberta
check-got-after = depois de { $seconds } s: { $reply }
check-got-at = { $reply } (veja { $field })
check-got-crowd = respostas para { $answered } de { $asked } conexões
check-got-early-ban = o fim sem nenhum byte já na conexão { $connections }
check-got-no-ban = depois de { $connections } conexões ainda { $reply }
check-skip-registered = outros programas deste endereço estão registrados lá, talvez uma verificação anterior: o caso precisa de um endereço sem registros, espere que eles saiam ou expirem
check-skip-slow = o servidor respondeu devagar demais para abrir 51 conexões em 60 s

## papo check: o erro provável, pelo que aconteceu

check-why-unreachable = O servidor não aceita mais conexões: algum pedido anterior o derrubou? Veja a saída dele; uma exceção em uma conexão deve encerrar só essa conexão.
check-why-no-reply = Você fechou sem responder. Em geral uma exceção encerrou o tratamento: capture-a e responda com um erro.
check-why-silent = Nenhuma resposta chegou. Talvez uma exceção tenha encerrado o tratamento e deixado a conexão aberta, ou o servidor espere por mais dados do que precisa, ou esteja ocupado com outro cliente.
check-why-reset = Você fechou com dados por ler, então o kernel derrubou a conexão, o que pode destruir a resposta no caminho. Depois da resposta, encerre o seu lado de escrita, leia o que resta por um momento e só então feche.
check-why-not-closed = A resposta chegou, mas a conexão continua aberta. Neste protocolo há um pedido por conexão: feche depois da resposta.
check-why-no-newline = A resposta deve terminar com uma quebra de linha (\n): os clientes leem até encontrá-la.
check-why-many-lines = Há algo depois da primeira quebra de linha. Responda com exatamente uma linha: sem JSON indentado e sem resposta a uma segunda linha.
check-why-endless = A resposta não acaba: você escreve dentro de um laço?
check-why-no-json = A resposta não é JSON. Serialize-a com uma biblioteca de JSON (em Python json.dumps, não str nem repr).
check-why-no-object = A resposta deve ser um objeto JSON com a chave status.
check-why-wrong-key = O texto está certo, mas está na chave { $field }. Os códigos de campos ruins ficam em error no 2025-09 e em message no 2025-11; todos os outros textos ficam em message nos dois. O --dialect está certo?
check-why-extra-key = O erro tem a chave { $field } a mais: respostas de erro são comparadas por inteiro, então retire-a.
check-why-missing-key = Falta a chave { $field } na resposta. O --dialect está certo?
check-why-address = { $field } deve ser o endereço que você vê do outro lado da conexão (em Python client_address[0]), escrito como IPv4 simples quando for um, e nunca um que veio no JSON.
check-why-source-port = { $field } deve ser a porta de origem da conexão (em Python client_address[1]), não a porta que veio no JSON. Um túnel ou proxy nesta máquina também a troca: nesse caso, verifique o servidor diretamente.
check-why-no-number = { $field } deve ser um número JSON sem fração: guarde o valor convertido, não o que o cliente enviou.
check-why-expires-in = { $field } deve ser quantos segundos restam da validade, entre 0 e ttl, e não uma hora do relógio.

## papo check: o erro provável, por caso

check-hint-register = Um REGISTER que deu certo deve aparecer logo no DISCOVER, com name, port e o ttl concedido.
check-hint-unknown-fields = Ignore os campos que você não conhece: clientes mais novos enviam mais.
check-hint-ip = O endereço de um registro é sempre o observado; o ip do JSON é ignorado, senão qualquer um registraria o endereço de outra pessoa.
check-hint-observed = Responda com o endereço e a porta de origem que você vê do outro lado da conexão.
check-hint-port = A porta é obrigatória e é um inteiro de 1 a 65535; todo o resto é bad_port.
check-hint-port-text = A porta pode vir como texto com dígitos ("4000"): converta e guarde o número.
check-hint-port-kind = Uma porta que não pode ser convertida em inteiro é bad_port: capture o erro da conversão.
check-hint-port-float = 4000.0 é a porta 4000, mas um número com fração é bad_port: não corte a fração.
check-hint-ttl-default = Sem ttl a validade é de 7200 s.
check-hint-ttl-clamp = Um ttl fora da faixa não é erro: limite-o a 1..86400 e responda com o valor limitado. O número pode ser maior que os seus inteiros.
check-hint-ttl-text = O ttl pode vir como texto com dígitos ("60") ou como 60.0: converta e responda com um número.
check-hint-ttl-kind = Um ttl que não pode ser convertido é bad_ttl; só o que está fora da faixa é limitado.
check-hint-ttl-null = Um ttl ausente vale 7200, mas null é bad_ttl: distinga os dois.
check-hint-order = De vários campos ruins, o erro cita o primeiro nesta ordem: name, ttl, namespace, port.
check-hint-upsert = Mesmo endereço, mesmo namespace e mesmo nome são o mesmo registro: substitua-o em vez de criar outro.
check-hint-upsert-lease = Registrar de novo começa uma nova validade, com o novo ttl.
check-hint-upsert-place = Registrar de novo deve manter o lugar do registro na lista: atualize-o onde ele está.
check-hint-upsert-namespace = O namespace faz parte da chave do registro: o mesmo nome em outro namespace é outro registro.
check-hint-name = O nome é obrigatório e tem de 1 a 64 caracteres; todo o resto é bad_name.
check-hint-name-kind = O nome deve ser um texto JSON: não converta outros tipos, responda bad_name.
check-hint-characters = O limite é de 64 caracteres, não bytes: é é um caractere e dois bytes. Decodifique antes de contar.
check-hint-trim = Nomes e namespaces não são aparados: os espaços em volta fazem parte deles.
check-hint-namespace = O namespace é obrigatório no REGISTER e tem de 1 a 64 caracteres; todo o resto é bad_namespace.
check-hint-namespace-kind = O namespace deve ser um texto JSON: não converta outros tipos, responda bad_namespace.
check-hint-discover-order = DISCOVER lista os registros na ordem em que foram feitos pela primeira vez: não ordene, e não use uma estrutura que esqueça a ordem.
check-hint-discover-fields = Cada registro da lista tem todas as chaves do dialeto.
check-hint-expires-in = expires_in é o que resta da validade, em segundos inteiros.
check-hint-discover-namespace = Com um namespace, DISCOVER lista só os registros dele.
check-hint-discover-case = Namespaces são comparados exatamente: UnB e unb são dois.
check-hint-discover-unknown = Um namespace sem registros não é erro: responda OK com uma lista vazia.
check-hint-discover-all = Sem namespace, ou com null, DISCOVER lista os registros de todos os namespaces.
check-hint-discover-empty = Um namespace vazio significa todos no 2025-09 e é bad_namespace no 2025-11.
check-hint-discover-odd = Um namespace que nenhum registro pode ter não acha nada no 2025-09 (OK e lista vazia) e é bad_namespace no 2025-11.
check-hint-unregister = UNREGISTER deve remover o que atende a todos os filtros, e DISCOVER não deve mais listá-lo.
check-hint-unregister-name = Com um nome, só o registro desse nome sai; os outros do namespace ficam.
check-hint-unregister-port = Com uma porta, só saem registros dessa porta: compare-a como número.
check-hint-unregister-namespace = UNREGISTER não deve mexer em outros namespaces.
check-hint-unregister-nothing = Nada a remover é OK no 2025-09 e peer_credentials_do_not_match no 2025-11.
check-hint-unregister-required = Sem namespace, UNREGISTER é OK no 2025-09 e namespace_required no 2025-11.
check-hint-unregister-bad-port = O erro repete entre parênteses a porta que não pode ser convertida: bad_port (abc).
check-hint-unregister-range = Uma porta fora da faixa não acha nada no 2025-09 (OK) e é bad_port (70000) no 2025-11.
check-hint-unregistered = Quem não tem registro vivo não pode pedir DISCOVER nem UNREGISTER aqui: responda peer_not_registered.
check-hint-reply = A resposta é uma linha de JSON com status, e depois o fim.
check-hint-one-write = A resposta chegou em vários segmentos. Alguns clientes leem uma vez só: junte primeiro a linha e a quebra de linha, depois escreva tudo em uma chamada.
check-hint-read-on = Um recv pode trazer só parte de uma linha: continue lendo e junte os bytes até a quebra de linha.
check-hint-first-line = Só os bytes até a primeira quebra de linha são o pedido. Ignore o que vem depois, mas leia-o antes de fechar.
check-hint-crlf = Um retorno de carro antes da quebra de linha é espaço em branco: o JSON o ignora.
check-hint-end = Quando o cliente encerra o envio sem quebra de linha, o que chegou é o pedido: o recv devolve então zero bytes.
check-hint-utf8-cut = Um caractere pode ser cortado ao meio pelo recv: junte todos os bytes primeiro e só depois decodifique a linha inteira.
check-hint-utf8-invalid = Bytes que não são UTF-8 são trocados por U+FFFD e não recusam nada (em Python decode("utf-8", "replace")).
check-hint-empty = Uma linha só com espaço em branco é respondida com Empty request line.
check-hint-empty-end = Uma conexão que termina sem pedido ainda é respondida com Empty request line: o cliente pode ter encerrado só o envio.
check-hint-json = Uma linha que não é JSON é respondida com Unknown command: capture o erro do leitor de JSON.
check-hint-object = JSON que não é objeto é respondido com Unknown command: olhe o tipo antes de procurar chaves.
check-hint-type = Um type ausente, que não é texto ou desconhecido é respondido com Unknown command.
check-hint-type-spaces = O type é passado para maiúsculas, mas não é aparado: " DISCOVER " é desconhecido.
check-hint-type-case = Maiúsculas e minúsculas não importam em type: passe-o para maiúsculas antes de comparar.
check-hint-line-fits = Uma linha pode ter 32768 bytes com a quebra de linha. Continue lendo até lá; um recv não traz tudo.
check-hint-line-long = A partir de 32769 bytes, com a quebra de linha, a linha é longa demais: responda line_too_long com limit 32768.
check-hint-line-drain = Responda line_too_long e leia o que ainda está chegando antes de fechar: se a conexão cair, a resposta se perde.
check-hint-line-endless = Conte enquanto lê: depois de 32768 bytes sem quebra de linha a linha é longa demais, e esperar pelo fim seria esperar para sempre.
check-hint-neighbor = Enquanto um cliente estava conectado e calado, outro ficou sem resposta. Atenda cada conexão em uma thread ou tarefa própria.
check-hint-crowd = Muitos clientes podem chegar juntos: atenda cada um em uma thread ou tarefa própria, e dê ao listen() lugar para mais do que uns poucos.
check-hint-idle = Um cliente que não envia nada por 5 s é avisado e a conexão é fechada: defina um timeout na conexão e capture-o.
check-hint-drip = Um byte por segundo segura esta conexão, e a thread dela, enquanto o cliente quiser. Dê um prazo à linha inteira em vez de a cada recv.
check-hint-lease = Um registro cuja validade acabou não deve ser listado: compare a hora a cada DISCOVER.
check-hint-ban = Conte as conexões de cada endereço em uma janela deslizante de 60 s: a 51ª é fechada sem nenhum byte e, até o bloqueio acabar, as outras recebem o texto com o limite e os segundos que faltam.

## papo peer: a linha de comando

error-peer-nameless = papo peer precisa de um nome, por exemplo: papo peer alice@CIC
error-peer-id-half = não é NAME@NAMESPACE, como { $given }@CIC ou alice@CIC
error-peer-id-name = não é NAME@NAMESPACE: o nome { $reason }. Escreva um como alice@CIC
error-peer-id-namespace = não é NAME@NAMESPACE: o namespace { $reason }. Escreva um como alice@CIC
error-peer-address = não é um endereço: escreva uma máquina e uma porta, por exemplo { $suggestion }
error-rendezvous-none = { $address } e { $none } se excluem: indique um rendezvous, ou não use nenhum
error-lease = não é uma duração de registro: escreva segundos como um número inteiro de 1 a { $most }
error-bind-ip = não é um endereço IP desta máquina: escreva um como 0.0.0.0 (todos) ou 127.0.0.1
name-not-a-peer = não é nome@namespace, como alice@CIC

## papo peer: as perguntas

peer-ask-intro = Quem é você? Peers se chamam nome@namespace, como alice@CIC. Enter aceita o que está entre colchetes.
peer-ask-namespace = Namespace, por exemplo CIC:
peer-ask-name = Nome, por exemplo alice:
peer-ask-port = Porta em que os outros se conectam, 0 para qualquer uma [{ $default }]:
peer-ask-lease = Segundos que o rendezvous guarda o seu registro, de 1 a 86400 [{ $default }]:
peer-ask-again = Isso { $reason }. De novo, por favor.
peer-ask-end = Sem resposta.

## papo peer: linhas

peer-ready = { $peer } está pronto; /help lista os comandos
peer-ready-address = outros peers se conectam a { $address }
peer-ready-deaf = ele não aceita conexões: só disca
peer-left = { $peer } saiu
peer-lines-lost =
    { $count ->
        [one] 1 linha não foi mostrada: a saída é lida devagar demais
       *[other] { $count } linhas não foram mostradas: a saída é lida devagar demais
    }
peer-help =
    /msg PEER TEXTO    para um peer: bob é bob@{ $namespace }, outros são bob@UnB
    /msg #NS TEXTO     para um namespace, como #{ $namespace }; * é todo mundo
    /pub #NS|* TEXTO   o mesmo
    /peers [*|#NS]     os peers conhecidos
    /connect PEER      disca para um peer agora
    /conn              as conexões vivas
    /routes            os caminhos conhecidos até os peers
    /rtt               tempos de ida e volta
    /ping PEER         pede um sinal de vida a um vizinho
    /status            como está este nó
    /watch [on|off]    mostra o que acontece em volta, ou só as mensagens
    /reconnect         disca de novo para todos
    /log NÍVEL         error, warn, info, debug, trace ou off
    /help              esta lista
    /quit, /exit       sai
    A barra pode ser omitida. Texto sem comando não é enviado.
peer-watch-on = mostrando vizinhos, medições e mensagens; /watch off mostra só as mensagens
peer-watch-off = mostrando só as mensagens; /watch on mostra o que acontece em volta
peer-log-set = a partir daqui o log começa em { $level }
peer-reconnecting = discando de novo para todos

## papo peer: erros de quem escreve

peer-unknown-command = O comando “{ $given }” não existe: nada foi enviado. Para dizer algo, escreva /msg bob TEXTO ou /pub #{ $namespace } TEXTO; /help lista o resto.
peer-unknown-command-suggest = O comando “{ $given }” não existe: nada foi enviado. Você quis dizer { $suggestion }?
peer-unwanted = Nada mais vem depois de { $command }, mas veio “{ $given }”.
peer-missing-peer = Escreva o peer depois do comando: { $example }
peer-missing-scope = Escreva #namespace ou * depois do comando: { $example }
peer-missing-text = Nada foi enviado: escreva o texto no fim, por exemplo { $example }
peer-too-long = Não foi enviado: { $bytes } bytes é demais, o limite é { $limit }. Divida o texto em partes.
peer-peers-usage = “{ $given }” não é um namespace: escreva /peers, ou /peers #CIC para um só.
peer-one-peer = “{ $given }” não é um peer só: escreva um, por exemplo bob.
peer-pub-to-one = “{ $given }” não é * nem #namespace: escreva { $example }, ou /msg para um peer só.
peer-bad-namespace = “{ $given }” não é um namespace: escreva um como { $example }
peer-bad-peer = “{ $given }” não é um peer: escreva bob, ou bob@UnB para um de outro namespace.
peer-oneself = Esse é você: escolha outro peer.
peer-open-quote = Faltam aspas no fim do nome.
peer-watch-usage = “{ $given }” não é on nem off: escreva /watch on ou /watch off.
peer-log-usage = “{ $given }” não é um nível: escreva error, warn, info, debug, trace ou off.

## papo peer: o que acontece

peer-mark-unverified = (não verificada)
peer-mark-unverified-via = (não verificada, via { $via })
peer-mark-via = (via { $via })
peer-pong = { $peer } respondeu após { $time }
peer-measured = { $peer } responde em { $time }
peer-sent-all = enviada a todos
peer-sent-namespace = enviada a { $namespace }
peer-delivered = { $peer } recebeu, após { $time }
peer-delivered-unverified = { $peer } recebeu, após { $time } (não verificado)
peer-failed = Não entregue a { $peer }: { $reason }
peer-refused = Não foi feito: { $reason }
peer-refused-about = { $about }: não foi feito: { $reason }
peer-error-from = { $peer } relata um erro: { $reason }
peer-reason-detail = { $reason } ({ $detail })
peer-neighbor-up-inbound-proven = { $peer } conectou-se de { $address } e provou a sua chave
peer-neighbor-up-inbound-legacy = { $peer } conectou-se de { $address }, sem provar chave
peer-neighbor-up-outbound-proven = conectado a { $peer } em { $address }, que provou a sua chave
peer-neighbor-up-outbound-legacy = conectado a { $peer } em { $address }, que não provou chave
peer-neighbor-down = { $peer } não é mais vizinho: { $reason }
peer-impostor = Alguém em { $address } diz ser { $peer } sem a chave desse peer, e foi recusado. Se { $peer } perdeu a chave, tem de usar outro nome.
peer-known = { $peer }
peer-somebody = um peer desconhecido
peer-dropped-forged = Descartada: mensagem de { $peer }, via { $via }, com assinatura errada.
peer-dropped-replayed = Descartada: mensagem de { $peer }, via { $via }, antiga ou já dita.
peer-dropped-bad-format = Descartada: mensagem de { $peer }, via { $via }, que não se entende.
peer-dropped-too-fast = Descartadas: mensagens de { $peer }, via { $via }, que chegam rápido demais.

peer-closed-ended = a conexão terminou
peer-closed-their-bye = ele se despediu
peer-closed-our-bye = este nó se despediu
peer-closed-no-hello = ele não se apresentou a tempo
peer-closed-not-a-peer = não é um peer
peer-closed-already-connected = ele já tem uma conexão
peer-closed-duplicate = há uma conexão melhor
peer-closed-ourselves = é este nó mesmo
peer-closed-unauthorized = ele não provou a sua chave
peer-closed-silent = nada chegou por tempo demais
peer-closed-slow-consumer = ele lê devagar demais
peer-closed-line-too-long = ele enviou uma linha longa demais
peer-closed-too-many = há conexões demais

peer-code-no-route = nenhum caminho até ele é conhecido. Veja com /peers se ele está presente e tente de novo.
peer-code-ack-timeout = ele não confirmou a tempo. Pode ter chegado mesmo assim: pergunte antes de enviar de novo.
peer-code-ttl-expired = ele está a saltos demais. Disque para ele com /connect.
peer-code-who-has-timeout = ninguém sabe onde ele está. Veja com /peers se ele está presente e tente mais tarde.
peer-code-over-quota = muito foi enviado de uma vez. Espere um pouco e tente de novo.
peer-code-busy = não há lugar para isso agora. Espere um pouco e tente de novo.
peer-code-peer-unreachable = não há conexão com ele. Disque com /connect, ou veja com /peers se ele está presente.
peer-code-message-too-large = o texto é longo demais. Divida-o em partes.
peer-code-line-too-long = a linha é longa demais. Divida o texto em partes.
peer-code-unauthorized = isso não é permitido a ele, ou a chave não é a conhecida. Pergunte ao dono qual é a dele.
peer-code-bad-format = isso não foi entendido. Os dois programas podem não combinar; /log debug mostra mais.
peer-code-unknown-command = esse tipo de mensagem não é conhecido lá. O outro programa pode ser mais antigo.
peer-code-relay-not-supported = o peer do meio não repassa nada. Disque para o destino com /connect.
peer-code-internal-error = algo deu errado por dentro. Tente de novo; /log debug mostra mais.
peer-code-other = “{ $code }”. /log debug mostra mais.

## papo peer: listas

peer-head-peer = PEER
peer-head-address = ENDEREÇO
peer-head-state = ESTADO
peer-head-direction = ABERTA POR
peer-head-kind = CHAVE
peer-head-age = IDADE
peer-head-rtt = RTT
peer-head-received = RECEBIDO
peer-head-sent = ENVIADO
peer-head-queued = NA FILA
peer-head-to = PARA
peer-head-next-hop = PRÓXIMO SALTO
peer-head-hops = SALTOS
peer-head-smoothed = MÉDIA
peer-head-jitter = VARIAÇÃO
peer-head-last = ÚLTIMO
peer-head-samples = MEDIÇÕES
peer-no-peers = Nenhum peer é conhecido ainda.
peer-no-peers-in = Nenhum peer de { $namespace } é conhecido ainda.
peer-no-conns = Não há conexão viva.
peer-no-routes = Nenhuma rota é conhecida.
peer-no-rtts = Nenhum tempo de ida e volta foi medido ainda.
peer-state-connected = conectado
peer-state-known = conhecido
peer-state-waiting = será discado em { $time }
peer-state-failed =
    { $failures ->
        [one] falhou uma vez, será discado em { $time }
       *[other] falhou { $failures } vezes, será discado em { $time }
    }
peer-inbound = ele
peer-outbound = nós
peer-proven = provada
peer-legacy = não provada
peer-traffic =
    { $lines ->
        [one] 1 linha, { $bytes } B
       *[other] { $lines } linhas, { $bytes } B
    }

peer-status-self = Este é { $peer }.
peer-status-rendezvous = Rendezvous: { $state }
peer-status-network = Vizinhos: { $neighbors }; peers conhecidos: { $known }; rotas: { $routes }
peer-status-counters = Contadores:
peer-rendezvous-off = nenhum
peer-rendezvous-unregistered = { $server }, ainda sem registro
peer-rendezvous-registered = { $server }, registrado por { $time }
peer-rendezvous-registered-seen = { $server }, registrado por { $time }, visto como { $seen }
peer-rendezvous-looking = { $server }, só procurando, sem registro
peer-rendezvous-failing = { $server }, { $reason }; nova tentativa em { $time }
peer-rendezvous-banned = { $server } não ouve este endereço por { $time }
peer-rendezvous-gone = { $server }, registro retirado
peer-trouble-unreachable = ninguém responde lá: o papo rendezvous está rodando?
peer-trouble-too-long = a resposta é longa demais
peer-trouble-not-understood = a resposta não é de um servidor de rendezvous
peer-trouble-refused = ele recusou: { $complaint }
error-identity = não é possível usar a chave em { $path }: { $detail }
error-identity-foreign = { $path } não contém uma chave do papo: escolha outro --identity, ou tire esse arquivo dali

## papo sim: o que o impede de começar

error-sim-scenario = não há cenário "{ $given }"; papo sim sem nome lista os que existem, e um arquivo é dado com o caminho
error-sim-scenario-suggest = não há cenário "{ $given }"; você quis dizer { $suggestion }?
error-sim-unreadable = não consigo ler { $path }: { $detail }
error-sim-large = { $path } tem mais de { $limit } MiB
error-sim-file = { $path }:{ $line }:{ $column }: { $reason }
error-sim-reports = { $path }:{ $line }: isto não é um relatório: dê um arquivo que papo sim --json escreveu
error-sim-seed = não é uma semente: escreva um número inteiro a partir de 0
error-sim-seeds = não é um intervalo de sementes: escreva a primeira e a última, como 1..1000
error-sim-nodes = não é uma quantidade de peers: escreva um número inteiro de 1 a 200000
error-sim-keep = não é parte de um roteiro: copie o que uma execução que falhou escreveu, como n=0-3,7/a=1,4/t=12500000
error-sim-nodes-hubs = --nodes precisa de [[peers]]: este cenário só tem hubs
error-sim-nodes-few = --nodes { $nodes } é pouco: os grupos menores deste cenário já têm { $others } peers

sim-mistake-toml = isto não é TOML (em inglês: { $detail })
sim-mistake-toml-wanted = isto não é TOML: falta { $wanted } aqui
sim-mistake-toml-twice = esta chave aparece duas vezes
sim-mistake-toml-quotes = um texto precisa de aspas
sim-mistake-missing = falta aqui a chave { $key }
sim-mistake-key = não há chave { $given } aqui; existem { $allowed }
sim-mistake-key-suggest = não há chave { $given } aqui; você quis dizer { $suggestion }? Existem { $allowed }
sim-mistake-value = { $given } não é nenhum destes: { $allowed }
sim-mistake-value-suggest = { $given } não é um dos valores possíveis; você quis dizer { $suggestion }? Existem { $allowed }
sim-mistake-wanted = { $given } não serve: escreva { $wanted }
sim-mistake-section = pode haver vários destes: escreva o nome da seção entre dois colchetes, como [[peers]]
sim-want = { $detail }
sim-want-time = um tempo como "250ms", "1.5s" ou "10m"
sim-want-times = um tempo como "20ms", ou um intervalo como "10ms..50ms"
sim-want-number = um número como 5, ou um intervalo como "3..8"; no máximo 1000000
sim-want-share = uma parte como "30%", "30%..95%" ou 0.3
sim-want-bytes = bytes, como 65536 ou "64KiB"
sim-want-boolean = true ou false
sim-want-text = um texto entre aspas
sim-want-list = uma lista: ["um", "dois"], ou, para seções, [[nome]] em uma linha própria
sim-problem-nobody = não há ninguém: um cenário precisa de [[peers]] ou [hubs]
sim-problem-both = peers e hubs não se encontram: um cenário tem [[peers]] ou [hubs], não os dois
sim-problem-no-time = duration precisa ser maior que 0
sim-problem-bad-name = "{ $given }" não pode ser nome nem namespace de um peer: de 1 a 64 caracteres, sem @
sim-problem-no-namespace = namespaces precisa de pelo menos um
sim-problem-needs-peers = isto precisa de [[peers]], e não há nenhum
sim-problem-needs-two = isto precisa de pelo menos dois peers
sim-problem-needs-hubs = isto precisa de [hubs], e não há nenhum
sim-problem-needs-disks = isto precisa de durable = true em [hubs]: estes hubs não têm disco
sim-problem-needs-rendezvous = isto precisa de peers com rendezvous: shape = "rendezvous" em [overlay]
sim-problem-too-late = isto começa depois do fim de duration
sim-problem-no-links = degree precisa ser pelo menos 1 na forma random

## papo sim: o relatório

sim-title = { $scenario }, semente { $seed }
sim-title-many =
    { $runs ->
        [one] { $scenario }, 1 semente
       *[other] { $scenario }, { $runs } sementes
    }
sim-title-compare = antes: médias de { $before } execuções; agora: médias de { $now } execuções
sim-hash = hash do traço { $hash }
sim-same = a mesma execução de antes: os traços são iguais
sim-not-same = não é a mesma execução de antes: os traços diferem
sim-mean = média
sim-least = mínimo
sim-most = máximo
sim-before = antes
sim-now = agora
sim-change = mudança
sim-points = pontos
sim-section-who = Quem
sim-section-many = Mensagens para muitos
sim-section-one = Mensagens para um
sim-section-cost = Custo
sim-section-hubs = Hubs
sim-section-promises = Promessas
sim-figure-nodes = peers que rodam papo
sim-figure-legacy = peers que rodam outros programas
sim-figure-hubs = hubs
sim-figure-time = tempo virtual
sim-figure-steps = passos
sim-figure-publications = publicadas
sim-figure-delivery = mostradas onde deviam
sim-figure-last-hop-mean = saltos até o último peer, média
sim-figure-last-hop-max = saltos até o último peer, máximo
sim-figure-last-peer-mean = tempo até o último peer, média
sim-figure-last-peer-max = tempo até o último peer, máximo
sim-figure-sends = enviadas
sim-figure-send-delivery = confirmadas
sim-figure-send-mean = tempo até a confirmação, média
sim-figure-redundancy = cópias a mais, por cópia necessária
sim-figure-redundancy-first = o mesmo, se só as primeiras fossem repassadas
sim-figure-control = bytes de controle por byte de texto
sim-figure-searches = buscas
sim-figure-per-search = linhas por busca
sim-figure-degree = ligações de cada peer no fim
sim-figure-healing = da última falha até uma rede inteira
sim-figure-said = ditas
sim-figure-said-delivery = mostradas onde deviam
sim-checked = vezes verificada
sim-untested = não testadas por esta execução: { $promises }
sim-kept =
    { $promises ->
        [one] A promessa testada foi cumprida.
       *[other] Todas as { $promises } promessas testadas foram cumpridas.
    }
sim-promise-r1 = o que foi confirmado sobrevive a uma queda
sim-promise-r2 = nenhuma lacuna silenciosa
sim-promise-r3 = os números só crescem
sim-promise-r4 = nenhuma mensagem de um hub é mostrada duas vezes
sim-promise-r5 = dizer o mesmo de novo não o diz duas vezes
sim-promise-r6 = quem volta recebe exatamente o que perdeu
sim-promise-r7 = hubs ligados acabam mostrando o mesmo
sim-promise-r8 = uma sessão parada não atrasa mais ninguém
sim-promise-r9 = o que um serviço antigo disse é mostrado uma vez e não vai adiante
sim-promise-u1 = toda mensagem para um peer termina exatamente uma vez
sim-promise-u2 = uma mensagem para um peer é mostrada no máximo uma vez
sim-promise-u3 = o que foi confirmado foi mostrado
sim-promise-u4 = sem voltas: o ttl cai e um relay repassa cada tentativa uma vez
sim-promise-u5 = um caminho que falhou não é tentado de novo para a mesma mensagem
sim-promise-u6 = o que um relay guarda tem limite
sim-promise-u7 = uma mensagem para um peer terminou depois de 20 s
sim-promise-b1 = o que um nó publica ele não mostra duas vezes a ninguém
sim-promise-b2 = uma mensagem publicada é mostrada no máximo uma vez
sim-promise-b3 = sem falhas, todo nó que o ttl alcança a recebe
sim-promise-b4 = o que é inválido não é repassado, e o que espera tem limite
sim-promise-legacy = programas antigos recebem o que aguentam
sim-promise-panic = nenhuma máquina entra em pânico
sim-promise-heals = depois da última falha todos voltam a ser uma só rede
sim-promise-truth = a ninguém se mostra o que ninguém disse

## papo sim: uma promessa que não foi cumprida

sim-violation = a semente { $seed } quebra { $invariant }: { $promise }
sim-violation-at = passo { $step }, em { $at } s
sim-violation-last = o que aconteceu por último:
sim-replay = para ver de novo: { $command }
sim-small = procurei um roteiro menor que também falha, em no máximo { $tries } execuções. O que sobra:
sim-left-actors =
    { $count ->
        [0] nenhum ator
        [one] 1 ator: { $list }
       *[other] { $count } atores: { $list }
    }
sim-left-actions =
    { $count ->
        [0] nenhuma ação
        [one] 1 ação: { $list }
       *[other] { $count } ações: { $list }
    }
sim-left-until = até { $at } s
sim-left-all = tudo: nada pôde ser deixado de fora
sim-replay-small = para ver isso de novo: { $command }
sim-progress = { $done } de { $total } sementes, { $rate } por segundo
sim-shrink-progress = diminuindo o roteiro: execução { $done } de no máximo { $total }

## papo sim --trace

sim-trace-written = os caminhos das mensagens estão em { $path }
sim-trace-message = { $kind } { $id } de { $from }, em { $at } s
sim-trace-others = sem mensagem, a partir de { $at } s
sim-trace-lost = perdida
sim-trace-nothing = Nenhuma mensagem esteve a caminho.
sim-trace-left-out = { $lines } linhas a mais não foram guardadas.
sim-mark-says = diz isto a { $what }
sim-mark-shows = mostra { $what }
sim-mark-failed = falhou: { $what }
sim-mark-delivered = entregue
sim-mark-starts = começa
sim-mark-leaves = sai
sim-mark-crashes = cai
sim-drawn-messages = Só { $most } de { $count } mensagens estão desenhadas; o arquivo de texto tem todas.
sim-drawn-actors = Só { $most } dos { $count } que participam estão desenhados; o arquivo de texto tem todos.
sim-drawn-hops = Só as primeiras { $most } de { $count } setas estão desenhadas; o arquivo de texto tem todas.
sim-drawn-description = Diagrama de sequência: { $actors } linhas de vida, { $messages } mensagens, { $arrows } setas. O tempo desce, em milissegundos desde o primeiro evento; uma seta tracejada com uma cruz é uma linha que nunca chegou.
sim-drawn-legend = { $number } = { $kind } de { $from } em { $at } s, { $id }
