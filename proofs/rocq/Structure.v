(** The full weight matrix U of a convolution, and polynomial vectors h with U h = 0 for all weights. *)

From Coq Require Import List ZArith QArith Qabs Qreduction Lia Lqa Setoid.
From ExactCNN Require Import Numbers Ranks Networks RationalRanks Polynomials.
Import ListNotations.
Local Open Scope Q_scope.
Local Arguments Qred : simpl never.
Local Arguments Qabs : simpl never.

Section Full_weight_matrix.
  Variable K : numbers.

  (** The weight with which filter t at this patch reads a neuron; 0 if it does not. *)
  Definition weight_of (weights : list (list K)) (patch : list Z) (t neuron : nat) : K :=
    total K (map (fun pair => if Z.eqb (fst pair) (Z.of_nat neuron) then nth t (snd pair) zero else zero)
      (combine patch weights)).

  (** A row for each neuron below, a column for each patch and filter. *)
  Definition full_weight_matrix (neurons : nat) (patches : list (list Z)) (T : nat) (weights : list (list K)) : matrix K :=
    map (fun neuron => concat (map (fun patch => map (fun t => weight_of weights patch t neuron) (seq 0 T)) patches))
      (seq 0 neurons).

  (** Weights from a list of numbers, row by row. *)
  Definition weights_from (slots T : nat) (w : list K) : list (list K) :=
    map (fun s => map (fun t => nth (s * T + t) w zero) (seq 0 T)) (seq 0 slots).

  (** A polynomial at numbers of K. *)
  Definition poly_at (w : list K) (p : poly) : K :=
    total K (map (fun '(m, c) => mul (of_Q c) (fold_right (fun i x => mul (nth i w zero) x) one m)) p).
End Full_weight_matrix.

(** The structure: how many neurons below, the patches, the number of filters. *)
Definition weight_matrix (neurons : nat) (patches : list (list Z)) (T slots : nat) (w : list Q) : matrix rationals :=
  full_weight_matrix rationals neurons patches T (weights_from rationals slots T w).

(** Some combination of the columns, with a coefficient other than 0, is 0. *)
Definition columns_are_dependent (U : list (list Q)) (columns : nat) : Prop :=
  exists c : list Q, length c = columns /\ ~ Forall (fun x => x == 0) c /\
  Forall (fun row => dot rationals row c == 0) U.

(** Polynomials as numbers, without division. *)
Definition forms : numbers := {|
  number := poly; add := poly_add; mul := poly_mul; inv := fun p => p; of_Q := poly_constant
|}.

Definition has_value (y : list Q) (x : rationals) (p : forms) : Prop := x == value y p.

Section Has_value.
  Variable y : list Q.
  Let R := has_value y.

  Lemma has_value_add (x x' : rationals) (p q : forms) : R x p -> R x' q -> R (add x x') (add p q).
  Proof. unfold R, has_value. simpl. intros H H'. rewrite Qred_correct, value_add, H, H'. reflexivity. Qed.

  Lemma has_value_mul (x x' : rationals) (p q : forms) : R x p -> R x' q -> R (mul x x') (mul p q).
  Proof. unfold R, has_value. simpl. intros H H'. rewrite Qred_correct, value_mul, H, H'. reflexivity. Qed.

  Lemma has_value_of_Q q : R (of_Q q) (of_Q q).
  Proof. unfold R, has_value. simpl. rewrite value_constant. reflexivity. Qed.

  Lemma has_value_matrix neurons patches T slots (w : list rationals) (w' : list forms) : Forall2 R w w' ->
    Forall2 (Forall2 R) (full_weight_matrix rationals neurons patches T (weights_from rationals slots T w))
                        (full_weight_matrix forms neurons patches T (weights_from forms slots T w')).
  Proof.
    intro W. unfold full_weight_matrix. induction (seq 0 neurons) as [| neuron l IH]; simpl; constructor; [| exact IH].
    clear IH l. induction patches as [| patch patches IH]; simpl; [constructor |]. apply Forall2_app; [| exact IH].
    apply (R_map rationals forms R). intro t.
    apply (R_total rationals forms R has_value_add has_value_of_Q).
    assert (G : Forall2 (Forall2 R) (weights_from rationals slots T w) (weights_from forms slots T w')).
    { unfold weights_from. induction (seq 0 slots) as [| s l IHs]; simpl; constructor; [| exact IHs].
      apply (R_map rationals forms R). intro i. apply (R_nth rationals forms R has_value_of_Q). exact W. }
    clear IH. revert patch. induction G as [| r r' u u' Hr G IH]; intros [| s patch]; simpl; constructor; [| apply IH].
    destruct (Z.eqb s (Z.of_nat neuron)); [| apply has_value_of_Q].
    apply (R_nth rationals forms R has_value_of_Q). exact Hr.
  Qed.

  Lemma has_value_poly_at (w : list rationals) (w' : list forms) p : Forall2 R w w' ->
    R (poly_at rationals w p) (poly_at forms w' p).
  Proof.
    intro W. apply (R_total rationals forms R has_value_add has_value_of_Q). apply (R_map rationals forms R).
    intros [m c]. apply has_value_mul; [apply has_value_of_Q |].
    induction m as [| i m IH]; simpl; [apply has_value_of_Q |].
    apply has_value_mul; [apply (R_nth rationals forms R has_value_of_Q); exact W | exact IH].
  Qed.

  Lemma has_value_dot (u v : list rationals) (u' v' : list forms) : Forall2 R u u' -> Forall2 R v v' ->
    R (dot rationals u v) (dot forms u' v').
  Proof. apply (R_dot rationals forms R has_value_add has_value_mul has_value_of_Q). Qed.
End Has_value.

(** Polynomials in one variable s. *)
Fixpoint dense (s : Q) (c : list Q) : Q := match c with [] => 0 | a :: c' => a + s * dense s c' end.

Fixpoint dense_add (p q : list Q) : list Q :=
  match p, q with a :: p', b :: q' => (a + b) :: dense_add p' q' | [], _ => q | _, [] => p end.

Fixpoint dense_mul (p q : list Q) : list Q :=
  match p with [] => [] | a :: p' => dense_add (map (Qmult a) q) (0 :: dense_mul p' q) end.

Lemma dense_add_correct s p q : dense s (dense_add p q) == dense s p + dense s q.
Proof. revert q. induction p as [| a p IH]; intros [| b q]; simpl; try ring. rewrite IH. ring. Qed.

Lemma dense_scale s a q : dense s (map (Qmult a) q) == a * dense s q.
Proof. induction q as [| b q IH]; simpl; [ring | rewrite IH; ring]. Qed.

Lemma dense_mul_correct s p q : dense s (dense_mul p q) == dense s p * dense s q.
Proof. induction p as [| a p IH]; simpl; [ring |]. rewrite dense_add_correct, dense_scale. simpl. rewrite IH. ring. Qed.

Definition dense_monomial (m : monomial) : list Q :=
  fold_right (fun i c => match i with O => 0 :: c | S _ => [] end) [1] m.

Definition densify (p : poly) : list Q :=
  fold_right (fun '(m, a) c => dense_add (map (Qmult a) (dense_monomial m)) c) [] p.

Lemma densify_correct (s : Q) (p : poly) : value [s] p == dense s (densify p).
Proof.
  assert (M : forall m, product [s] m == dense s (dense_monomial m)).
  { induction m as [| i m H]; [simpl; ring |]. destruct i as [| i]; simpl.
    - rewrite H. unfold dense_monomial. ring.
    - destruct i; ring. }
  induction p as [| [m a] p H]; [reflexivity |].
  simpl. rewrite dense_add_correct, dense_scale, H, M. reflexivity.
Qed.

Lemma dense_bounded (c : list Q) : exists B, 0 <= B /\ forall s, 0 < s <= 1 -> Qabs (dense s c) <= B.
Proof.
  induction c as [| a c (B & P & H)].
  - exists 0. split; [apply Qle_refl |]. intros. apply Qle_refl.
  - exists (Qabs a + B). split; [pose proof (Qabs_nonneg a); lra |]. intros s S. simpl.
    eapply Qle_trans; [apply Qabs_triangle |]. rewrite Qabs_Qmult, (Qabs_pos s) by lra.
    pose proof (Qabs_nonneg (dense s c)). specialize (H s S). nra.
Qed.

(** What vanishes at all s other than 0 vanishes at 0. *)
Lemma dense_limit (c : list Q) : (forall s, ~ s == 0 -> dense s c == 0) -> dense 0 c == 0.
Proof.
  destruct c as [| a c]; [reflexivity |]. simpl. intro H. assert (A : a == 0); [| rewrite A; ring].
  destruct (Qeq_dec a 0) as [E | N]; [exact E |]. exfalso.
  destruct (dense_bounded c) as (B & P & HB).
  assert (X : 0 < Qabs a).
  { destruct (Qlt_le_dec 0 (Qabs a)) as [L | L]; [exact L |]. exfalso. apply N.
    apply Qabs_Qle_condition in L. lra. }
  set (x := Qabs a) in *. set (s := x / (x + B + 1)).
  assert (D : 0 < x + B + 1) by lra.
  assert (S : 0 < s) by (unfold s; apply Qlt_shift_div_l; lra).
  assert (S1 : s <= 1) by (unfold s; apply Qle_shift_div_r; lra).
  assert (V := H s ltac:(lra)).
  assert (W : Qabs (s * dense s c) == x).
  { assert (E : s * dense s c == - a) by lra. rewrite E, Qabs_opp. reflexivity. }
  rewrite Qabs_Qmult, (Qabs_pos s) in W by lra. specialize (HB s (conj S S1)).
  assert (L : s * Qabs (dense s c) <= s * B).
  { rewrite (Qmult_comm s), (Qmult_comm s). apply Qmult_le_compat_r; lra. }
  assert (G : s * (x + B + 1) == x) by (unfold s; field; lra).
  assert (0 < s * x) by (apply Qmult_lt_0_compat; assumption). lra.
Qed.

(** M(s) H(s) = 0 for all s other than 0, and H(1) is not 0: then M(0) has a kernel vector. *)
Definition dense_dot (row H : list (list Q)) (s : Q) : Q :=
  fold_right (fun pair x => dense s (fst pair) * dense s (snd pair) + x) 0 (combine row H).

Lemma dense_dot_polynomial row H : exists c, forall s, dense_dot row H s == dense s c.
Proof.
  unfold dense_dot. induction (combine row H) as [| [p q] l [c C]]; [exists []; reflexivity |].
  exists (dense_add (dense_mul p q) c). intro s. simpl. rewrite dense_add_correct, dense_mul_correct, C. reflexivity.
Qed.

Lemma kernel_at_0 (n : nat) (M : list (list (list Q))) (H : list (list Q)) :
  Forall (fun h => (length h <= n)%nat) H ->
  (forall s, ~ s == 0 -> Forall (fun row => dense_dot row H s == 0) M) -> Exists (fun h => ~ dense 1 h == 0) H ->
  exists c, length c = length H /\ ~ Forall (fun x => x == 0) c /\
  Forall (fun row => fold_right (fun pair x => dense 0 (fst pair) * snd pair + x) 0 (combine row c) == 0) M.
Proof.
  revert H. induction n as [| n IH]; intros H L Z N.
  - exfalso. clear Z. induction N as [h H X | h H N IHN]; inversion_clear L.
    + destruct h; [apply X; reflexivity | simpl in *; lia].
    + apply IHN. assumption.
  - destruct (Forall_dec (fun x => x == 0) (fun x => Qeq_dec x 0) (map (dense 0) H)) as [A | A].
    + assert (T : forall s, Forall2 (fun h g => dense s h == s * dense s g) H (map (@tl Q) H)).
      { intro s. clear - A. induction H as [| h H IHH]; simpl; constructor; inversion_clear A as [| ? ? A0 A1].
        - destruct h as [| a h]; simpl in *; [ring |]. assert (E : a == 0) by (rewrite <- A0; ring). rewrite E. ring.
        - apply IHH. exact A1. }
      destruct (IH (map (@tl Q) H)) as (c & C).
      * clear - L. induction L as [| h H X L IHL]; simpl; constructor; [destruct h; simpl in *; lia | exact IHL].
      * intros s S. specialize (Z s S). specialize (T s). apply Forall_forall. intros row I.
        rewrite Forall_forall in Z. specialize (Z row I).
        assert (E : dense_dot row H s == s * dense_dot row (map (@tl Q) H) s).
        { clear - T. unfold dense_dot. revert row. induction T as [| h g H G E T IHT]; intros [| r row]; simpl; try ring.
          rewrite E. rewrite IHT. ring. }
        rewrite E in Z. destruct (Qmult_integral _ _ Z) as [W | W]; [contradiction | exact W].
      * specialize (T 1). clear - T N. revert N. generalize dependent (map (@tl Q) H). intros G T N.
        induction T as [| h g H G E T IHT]; [inversion N |]. inversion_clear N as [? ? X | ? ? X].
        -- left. rewrite E in X. intro W. apply X. rewrite W. ring.
        -- right. apply IHT. exact X.
      * exists c. rewrite map_length in C. exact C.
    + exists (map (dense 0) H). split; [apply map_length |]. split; [exact A |].
      apply Forall_forall. intros row I. destruct (dense_dot_polynomial row H) as [c C].
      assert (V : dense 0 c == 0).
      { apply dense_limit. intros s S. rewrite <- C. specialize (Z s S). rewrite Forall_forall in Z. apply Z. exact I. }
      rewrite <- C in V. apply (Qeq_trans _ (dense_dot row H 0)); [| exact V]. unfold dense_dot. clear. revert row.
      induction H as [| h H IHH]; intros [| r row]; simpl; try reflexivity. rewrite IHH. reflexivity.
Qed.

(** The test: U h = 0 as polynomials in the weights, and h is not 0 at the weights [somewhere]. *)
Definition null_vector_test (neurons : nat) (patches : list (list Z)) (T slots : nat) (h : list poly) (somewhere : list Q) : bool :=
  let variables : list forms := map variable (seq 0 (length somewhere)) in
  let U := full_weight_matrix forms neurons patches T (weights_from forms slots T variables) in
  let at_variables : list forms := map (poly_at forms variables) h in
  forallb (fun row => match dot forms row at_variables with [] => true | _ => false end) U &&
  existsb (fun p => negb (Qeq_bool (poly_at rationals somewhere p) 0)) h.

Theorem null_vector neurons patches T slots h somewhere :
  null_vector_test neurons patches T slots h somewhere = true ->
  forall w, length w = length somewhere -> columns_are_dependent (weight_matrix neurons patches T slots w) (length h).
Proof.
  intros H w L. apply andb_prop in H. destruct H as [Z N]. rewrite forallb_forall in Z.
  set (variables := map variable (seq 0 (length somewhere))) in *.
  set (line := map (fun pair : Q * Q => poly_add (poly_constant (fst pair))
    (poly_term [O] (snd pair - fst pair) (poly_constant 1))) (combine w somewhere) : list forms).
  set (point := fun s => map (fun pair : Q * Q => fst pair + s * (snd pair - fst pair)) (combine w somewhere)).
  assert (V : forall s (pair : Q * Q), value [s] (poly_add (poly_constant (fst pair))
    (poly_term [O] (snd pair - fst pair) (poly_constant 1))) == fst pair + s * (snd pair - fst pair)).
  { intros s pair. rewrite value_add, value_term, !value_constant. simpl. ring. }
  assert (On_line : forall s, Forall2 (has_value [s]) (point s : list rationals) line).
  { intro s. unfold point, line. apply (R_map rationals forms). intro pair. unfold has_value. rewrite V. reflexivity. }
  assert (At_w : Forall2 (has_value [0]) (w : list rationals) line).
  { clear - L V. unfold line. clear line. revert somewhere L. induction w as [| x w IH]; intros [| y l] L; try discriminate L;
      simpl; constructor; [| apply IH; injection L; auto]. unfold has_value. rewrite (V 0 (x, y)). simpl. ring. }
  assert (At_somewhere : Forall2 (has_value [1]) (somewhere : list rationals) line).
  { clear - L V. unfold line. clear line. revert w L. induction somewhere as [| y l IH]; intros [| x w] L; try discriminate L;
      simpl; constructor; [| apply IH; injection L; auto]. unfold has_value. rewrite (V 1 (x, y)). simpl. ring. }
  assert (At_variables : forall s, Forall2 (has_value (point s)) (point s : list rationals) (variables : list forms)).
  { intro s. unfold variables. assert (E : length (point s) = length somewhere).
    { unfold point. rewrite map_length, combine_length. lia. }
    rewrite <- E. clear. generalize (point s). intro x.
    assert (G : forall z, Forall2 (has_value (z ++ x)) x (map variable (seq (length z) (length x)))).
    { induction x as [| a x IH]; intro z; simpl; constructor.
      - unfold has_value. rewrite value_variable, app_nth2, Nat.sub_diag by lia. reflexivity.
      - specialize (IH (z ++ [a])). rewrite <- app_assoc, app_length, Nat.add_comm in IH. exact IH. }
    exact (G []). }
  set (U := full_weight_matrix forms neurons patches T (weights_from forms slots T line)).
  set (M := map (map densify) U).
  set (Hs := map (fun p => densify (poly_at forms line p)) h).
  destruct (kernel_at_0 (fold_right max O (map (@length Q) Hs)) M Hs) as (c & C & NZ & K).
  - apply Forall_forall. intros x I. clear - I. induction Hs as [| y l IH]; [contradiction I |]. simpl.
    destruct I as [-> | I]; [lia | specialize (IH I); lia].
  - intros s _.
    pose proof (has_value_matrix [s] neurons patches T slots _ _ (On_line s)) as A.
    pose proof (has_value_matrix (point s) neurons patches T slots _ _ (At_variables s)) as B.
    fold U in A. set (UQ := full_weight_matrix rationals _ _ _ _) in A, B.
    set (UV := full_weight_matrix forms _ _ _ _) in B, Z.
    assert (zero_rows : Forall (fun row => dot rationals row (map (poly_at rationals (point s)) h) == 0) UQ).
    { clear A. induction B as [| row row' l l' R B IH]; constructor.
      - assert (D : has_value (point s) (dot rationals row (map (poly_at rationals (point s)) h))
                      (dot forms row' (map (poly_at forms variables) h))).
        { apply has_value_dot; [exact R |]. apply (R_map rationals forms). intro p. apply has_value_poly_at. apply At_variables. }
        specialize (Z row' (or_introl eq_refl)). cbv beta in Z.
        destruct (dot forms row' (map (poly_at forms variables) h)); [exact D | discriminate Z].
      - apply IH. intros r I. apply Z. right. exact I. }
    unfold M. clear - A zero_rows On_line. induction A as [| row row' l l' R A IH]; simpl; constructor.
    + inversion_clear zero_rows as [| ? ? X _]. eapply Qeq_trans; [| exact X]. unfold Hs. clear - R On_line.
      unfold dense_dot, dot, total. revert h. induction R as [| x p row row' Hx R IH]; intros [| g h]; simpl; try reflexivity.
      rewrite IH, !Qred_correct, <- !densify_correct.
      assert (E : has_value [s] (poly_at rationals (point s) g) (poly_at forms line g)) by (apply has_value_poly_at; apply On_line).
      unfold has_value in E, Hx. rewrite <- E, <- Hx. reflexivity.
    + inversion_clear zero_rows. apply IH. assumption.
  - apply existsb_exists in N. destruct N as (p & I & N). apply Exists_exists.
    exists (densify (poly_at forms line p)). split; [unfold Hs; apply (in_map (fun p => densify (poly_at forms line p))); exact I |].
    rewrite <- densify_correct.
    assert (E : has_value [1] (poly_at rationals somewhere p) (poly_at forms line p)) by (apply has_value_poly_at; exact At_somewhere).
    unfold has_value in E. rewrite <- E. intro X. apply Qeq_bool_iff in X. rewrite X in N. discriminate N.
  - exists c. split; [unfold Hs in C; rewrite map_length in C; exact C |]. split; [exact NZ |].
    pose proof (has_value_matrix [0] neurons patches T slots _ _ At_w) as A. fold U in A.
    unfold weight_matrix. clear - A K. unfold M in K.
    induction A as [| row row' l l' R A IH]; constructor; inversion_clear K as [| ? ? X K'].
    + eapply Qeq_trans; [| exact X]. clear - R. unfold dot, total. revert c. induction R as [| x p row row' Hx R IH]; intros [| y c]; simpl; try reflexivity.
      rewrite !Qred_correct, IH, <- densify_correct. unfold has_value in Hx. rewrite <- Hx. reflexivity.
    + apply IH. exact K'.
Qed.

(** For all weights the rank is at most what the shape allows. *)
Theorem weight_matrix_by_rows neurons patches T slots w : rank_from_above (weight_matrix neurons patches T slots w) neurons.
Proof.
  apply rank_by_rows. apply Nat.eqb_eq. unfold weight_matrix, full_weight_matrix. rewrite map_length. apply seq_length.
Qed.

Theorem weight_matrix_by_columns neurons patches T slots w :
  rank_from_above (weight_matrix neurons patches T slots w) (length patches * T).
Proof.
  apply rank_by_columns. apply forallb_forall. intros row I. apply Nat.leb_le.
  apply in_map_iff in I. destruct I as (i & <- & _). induction patches as [| patch patches IH]; simpl; [lia |].
  rewrite app_length, map_length, seq_length. simpl in IH. lia.
Qed.
